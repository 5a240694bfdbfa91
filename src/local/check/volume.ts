/** What Kubernetes refuses of the names in a volume: they are names of files and directories here. */
import { checkItemPath, checkLabel, checkSubdomain } from '../../tekton/validate/names.js';
import { plainly } from './declared.js';
import type { Report } from './variables.js';

/** A text with a letter for each variable, which has its value later: that no value leads elsewhere is checked then. */
export const filledIn = (text = ''): string => text.replaceAll(/\$\([^()/]*\)/gu, 'x');

export function checkVolume(volume: { readonly name: string }, path: string, report: Report): void {
  const say = plainly(report);
  checkLabel(filledIn(volume.name), `${path}.name`, say);
  for (const [kind, value] of Object.entries(volume)) {
    const source = fieldsOf(value);
    const at = `${path}.${kind}`;
    if (typeof source.claimName === 'string') checkSubdomain(filledIn(source.claimName), `${at}.claimName`, say);
    checkItems(source, at, report);
    for (const [index, one] of listOf(source.sources).entries()) {
      for (const [projected, part] of Object.entries(fieldsOf(one))) {
        checkItems(fieldsOf(part), `${at}.sources[${index}].${projected}`, report);
      }
    }
  }
}

function checkItems({ items }: Fields, path: string, report: Report): void {
  for (const [index, item] of listOf(items).entries()) {
    const { path: place } = fieldsOf(item);
    if (typeof place === 'string') checkItemPath(filledIn(place), `${path}.items[${index}].path`, plainly(report));
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The parts of a volume, whatever its kind. */
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
