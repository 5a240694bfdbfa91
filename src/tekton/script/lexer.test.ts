import { describe, expect, it } from 'vitest';
import { param, sh, task, validate } from '../index.js';

describe('the places of a script where a reference is', () => {
  const { ref } = (() => {
    let ref: unknown;
    task('t', {
      params: { x: param.string() },
      steps: ({ params }) => {
        ref = params.x;
        return [];
      },
    });
    return { ref };
  })();

  /** What is said of a script in which `@` stands for a reference. */
  function said(script: string): readonly string[] {
    const parts = script.split('@');
    const literals = Object.assign(parts, { raw: parts });
    const made = sh(literals, ...parts.slice(1).map(() => ref as never));
    const definition = task('t', {
      steps: () => [
        { name: 's', image: 'i@sha256:0000000000000000000000000000000000000000000000000000000000000000', script: made },
      ],
    });
    return validate(definition)
      .map(({ message }) => message)
      .filter((message) => !message.startsWith('refers to'));
  }

  it.each([
    'echo @',
    'echo "@"',
    'echo "it\'s @"',
    'echo \'it\'"@"',
    "echo 'a'@",
    'echo "\\"@"',
    "echo \\'@",
    'echo a#@',
    'echo "# @"',
    "echo # comment '\n@",
    'echo `date` @',
    'echo "`date`" "@"',
    'cat <<END\n@\nEND',
    "cat <<END\nit's\nEND\necho @",
    "cat <<'END'\nit's\nEND\necho @",
    'cat <<-END\n\t@\n\tEND\necho "@"',
    "cat <<A <<'B'\n@\nA\nit\"s\nB\necho @",
    'x=1 # it\'s\necho "@"',
    'echo "\n\'\n@"',
    'x="$1"; [ "$#" -gt 1 ] && echo @',
    'echo \\\n@',
  ])('safe: %j', (script) => {
    expect(said(script)).toEqual([]);
  });

  it.each([
    ["echo '@'", 'a reference inside single quotes is not expanded by the shell'],
    ['echo "a"\'@\'', 'a reference inside single quotes is not expanded by the shell'],
    ["echo 'a\n@'", 'a reference inside single quotes is not expanded by the shell'],
    ['true # @', 'a reference inside a comment does nothing'],
    ['# @', 'a reference inside a comment does nothing'],
    ['echo `echo @`', 'a reference inside backquotes is read twice by the shell'],
    ['echo "`echo @`"', 'a reference inside backquotes is read twice by the shell'],
    ["cat <<'END'\n@\nEND", 'a reference inside a here-document with a quoted word is not expanded by the shell'],
    ['cat <<"END"\n@\nEND', 'a reference inside a here-document with a quoted word is not expanded by the shell'],
    ['cat <<\\END\n@\nEND', 'a reference inside a here-document with a quoted word is not expanded by the shell'],
    ['eval "@"', 'a reference in what eval runs becomes code'],
    ['bash -ec "@"', 'a reference in what bash runs becomes code'],
  ])('refused: %j', (script, message) => {
    expect(said(script)).toEqual([message]);
  });

  it('refuses arithmetic, which also holds a literal "$("', () => {
    expect(said('echo $((@+1))')).toEqual([
      'the script contains a literal "$(": "$(("',
      'a reference inside arithmetic is evaluated as code',
    ]);
  });
});
