import type { Context } from '../../context.js';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import { oneLine } from '../../kit/log/printable.js';

/** `regsync.yaml:12: sync[3].source is a template`, a line for each problem. */
export const problemLines = (file: string, problems: readonly YamlProblem[]): string =>
  problems
    .map((one) => oneLine(`${file}:${one.line}: ${one.path === '' ? 'it' : one.path} ${one.what}`, 300))
    .join('\n');

/** Warns of problems; the same of many places is one warning. */
export function warnOf({ log }: Pick<Context, 'log'>, file: string, problems: readonly YamlProblem[]): void {
  const groups = new Map<string, { readonly first: YamlProblem; count: number }>();
  for (const one of problems) {
    const group = groups.get(kindOf(one));
    if (group === undefined) groups.set(kindOf(one), { first: one, count: 1 });
    else group.count++;
  }
  for (const { first, count } of groups.values()) {
    log.warn(`${problemLines(file, [first])}${count === 1 ? '' : ` (and ${count - 1} more like it)`}`);
  }
}

/** The field and what is wrong with it, wherever it is. */
const kindOf = ({ path, what }: YamlProblem): string =>
  `${path
    .replaceAll(/\[\d+\]/gu, '')
    .split('.')
    .at(-1)} ${what}`;
