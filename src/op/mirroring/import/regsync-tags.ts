import * as v from 'valibot';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath, YamlText } from '../../kit/config/yaml-text.js';
import type { TagSelection } from '../mirror-file/read.js';
import { between } from './go-pattern.js';
import { fromRegsync } from './go-range.js';
import { orNothing, problemsIn } from './imported.js';

/** The words of a filter. */
export const filterWords = orNothing(v.array(v.string('must be a text'), 'must be a list'));

type Words = v.InferOutput<typeof filterWords>;
/** regsync's filter of tags: a range, then what is allowed, then what is not. */
export type Filter = { readonly allow?: Words; readonly deny?: Words; readonly semverRange?: Words } | undefined;

/** What regsync's filters choose: tags that one of them lets through, without any filter all of them. */
export function selectionsOf(
  filters: readonly (readonly [Filter, YamlPath])[],
  yaml: YamlText,
): { readonly selections: readonly TagSelection[]; readonly problems: readonly YamlProblem[] } {
  const at = problemsIn(yaml);
  if (filters.length === 0) return { selections: [{ regex: '.*' }], problems: [] };
  const selections: TagSelection[] = [];
  const problems: YamlProblem[] = [];
  for (const [filter, path] of filters) {
    const { allow, deny, semverRange } = filter ?? {};
    const regex = patternOf(allow, [...path, 'allow'], yaml);
    const exclude = patternOf(deny, [...path, 'deny'], yaml);
    const ranges = (semverRange ?? []).filter((range) => range !== '');
    const range = ranges.length === 0 ? undefined : fromRegsync(ranges);
    problems.push(...regex.problems, ...exclude.problems);
    if (range !== undefined && 'problem' in range) {
      problems.push(at([...path, 'semverRange'], range.problem));
      continue;
    }
    selections.push({
      ...(regex.pattern === undefined ? (range === undefined ? { regex: '.*' } : {}) : { regex: regex.pattern }),
      ...(exclude.pattern === undefined ? {} : { exclude: exclude.pattern }),
      ...(range === undefined ? {} : { semver: range.semver, prereleases: true }),
    });
  }
  return { selections, problems };
}

function patternOf(words: Words, path: YamlPath, yaml: YamlText) {
  const at = problemsIn(yaml);
  const problems: YamlProblem[] = [];
  const patterns = (words ?? []).flatMap((word, index) => {
    const number = yaml.isQuoted([...path, index]) ? undefined : numberOf(word);
    if (number !== undefined) {
      problems.push(at([...path, index], `is the number ${number} for regsync; put what you mean in quotes`));
      return [];
    }
    const translated = between(word);
    if ('pattern' in translated) return [translated.pattern];
    problems.push(at([...path, index], `is a regular expression that cannot be taken over: ${translated.problem}`));
    return [];
  });
  return { pattern: patterns.length === 0 ? undefined : patterns.join('|'), problems };
}

/** What regsync makes of a word without quotes that is a number, if that is another text: it takes 3.10 for 3.1. */
function numberOf(word: string): string | undefined {
  if (!/^[-+]?(?:\d[\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|0x[\da-f_]+|0o[0-7_]+|0b[01_]+)$/iu.test(word)) return undefined;
  const plain = word.replaceAll('_', '');
  const number = String(/^[-+]?0[0-7]+$/u.test(plain) ? Number.parseInt(plain, 8) : Number(plain));
  return number === word ? undefined : number;
}
