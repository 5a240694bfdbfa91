import { containersOf } from '../containers.js';
import type { Rule } from '../document.js';
import type { Container } from '../objects.js';

/**
 * Catalog rule 1: no `$(...)` of any kind inside a script or inside the text that a shell runs, and no `$$` in such a text:
 * Kubernetes turns it into one `$`.
 */
export const noSubstitutionInScripts: Rule = (documents) =>
  containersOf(documents).flatMap(({ where, container }) =>
    shellTexts(container).flatMap(({ field, text, rewritten }) => {
      const found = rewritten.exec(text)?.[0];
      return found === undefined ? [] : [{ where, message: `${field} contains ${found}` }];
    }),
  );

const shell = /^(?:.*\/)?(?:sh|bash|dash|ash|zsh|ksh)$/u;

/** What a shell would run as its program: the script, or the word after `-c`, and longer words after that one, which it may run too. */
function shellTexts({
  script,
  command = [],
  args = [],
}: Container): { readonly field: string; readonly text: string; readonly rewritten: RegExp }[] {
  const argv = [...command, ...args];
  const started = argv.findIndex((word) => shell.test(word));
  const flag = started < 0 ? -1 : argv.findIndex((word, index) => index > started && /^-[a-z]*c[a-z]*$/u.test(word));
  const [program, ...words] = flag < 0 ? [] : argv.slice(flag + 1);
  const programs = [...(program === undefined ? [] : [program]), ...words.filter((word) => word.includes('\n'))];
  return [
    ...(script === undefined ? [] : [{ field: 'script', text: script, rewritten: /\$\([^)]*\)?/u }]),
    ...programs.map((text) => ({ field: 'the text after -c', text, rewritten: /\$\([^)]*\)?|\$\$/u })),
  ];
}
