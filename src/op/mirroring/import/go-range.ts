/** A range of versions as a mirror file writes it, and whether pre-releases count. */
export type TranslatedRange = { readonly semver: string; readonly prereleases: boolean } | { readonly problem: string };

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: string;
  /** How many of the three numbers are written. */
  readonly written: number;
}

const version = String.raw`v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?`;
const constraint = new RegExp(String.raw`^(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*${version}(?:\s*,\s*|\s+|$)`, 'u');
const hyphen = new RegExp(String.raw`^\s*(${version})\s+-\s+(${version})\s*$`, 'u');

class Untranslatable extends Error {}

/**
 * A range of skopeo's `images-by-semver`. There, pre-releases count for a whole alternative (`||`) as soon as one of its versions has one;
 * a comma is a space; and `>1.2` means 1.3 and higher.
 * Source: https://github.com/Masterminds/semver (constraints.go, version 3.5.0)
 */
export function fromMasterminds(range: string): TranslatedRange {
  return translated(() => {
    const groups = range.split('||').map((alternative) => {
      const both = hyphen.exec(alternative);
      const constraints = readConstraints(both === null ? alternative.trim() : `>=${both[1]} <=${both[6]}`);
      const prereleases = constraints.some(({ version }) => version.prerelease !== '');
      return { prereleases, texts: product(constraints.map((one) => comparators(one, prereleases))) };
    });
    const [first] = groups;
    if (groups.some(({ prereleases }) => prereleases !== first?.prereleases)) {
      throw new Untranslatable(
        'pre-releases count in one of its alternatives and not in the other: give each an entry',
      );
    }
    return { semver: groups.flatMap(({ texts }) => texts).join(' || '), prereleases: first?.prereleases === true };
  });
}

/**
 * The ranges of regsync's `semverRange`, one of which must match. There, pre-releases always count, `~1` means 1.0, and versions that are
 * not complete end with zeros: `=1.2` is 1.2.0 alone.
 * Source: https://github.com/regclient/regclient (internal/semver, 0.11.7)
 */
export function fromRegsync(ranges: readonly string[]): TranslatedRange {
  return translated(() => {
    const alternatives = ranges.map((range) =>
      range
        .trim()
        .split(/\s+/u)
        .map((part) => {
          const [, operator = '', rest = ''] = /^(>=|<=|>|<|=|\^|~|)(.*)$/u.exec(part) ?? [];
          const [, major, minor = '0', patch = '0', more = ''] =
            /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)$/u.exec(rest) ?? [];
          if (major === undefined || more !== '') {
            throw new Untranslatable(
              more.startsWith('-')
                ? `"${part}" has a pre-release, which regsync compares in a way of its own`
                : `"${part}" is not an operator and a version such as >=1.2.3`,
            );
          }
          const [one, two, three] = [number(major), number(minor), number(patch)];
          const text = `${one}.${two}.${three}`;
          if (operator === '~') return `>=${text} <${one}.${two + 1}.0`;
          if (operator === '^')
            return `>=${text} <${one > 0 ? `${one + 1}.0.0` : two > 0 ? `0.${two + 1}.0` : `0.0.${three + 1}`}`;
          return operator === '=' ? text : `${operator}${text}`;
        })
        .join(' '),
    );
    return { semver: alternatives.join(' || '), prereleases: true };
  });
}

function translated(translate: () => { readonly semver: string; readonly prereleases: boolean }): TranslatedRange {
  try {
    return translate();
  } catch (error) {
    if (error instanceof Untranslatable) return { problem: error.message };
    throw error;
  }
}

interface Constraint {
  readonly operator: string;
  readonly version: Version;
}

function readConstraints(text: string): readonly Constraint[] {
  const all: Constraint[] = [];
  let rest = text;
  while (rest !== '') {
    const match = constraint.exec(rest);
    if (match === null) throw new Untranslatable(`"${text}" is not a range such as ">=1.4, <2"`);
    const [whole, operator = '', major, minor, patch, prerelease = ''] = match;
    all.push({ operator, version: readVersion([major, minor, patch], prerelease) });
    rest = rest.slice(whole.length);
  }
  if (all.length === 0) throw new Untranslatable('it is empty');
  return all;
}

function readVersion(parts: readonly (string | undefined)[], prerelease: string): Version {
  const open = parts.findIndex((part) => part === undefined || /[xX*]/u.test(part));
  const written = open < 0 ? 3 : open;
  const [major = 0, minor = 0, patch = 0] = parts.slice(0, written).map((part = '') => number(part));
  return { major, minor, patch, prerelease, written };
}

function number(text: string): number {
  const read = Number(text);
  if (!Number.isSafeInteger(read)) throw new Untranslatable(`${text} is too large a number`);
  return read;
}

/** One constraint as comparators of npm; several if one of them must hold. */
function comparators({ operator, version }: Constraint, prereleases: boolean): readonly string[] {
  const { major, minor, written, prerelease } = version;
  const text = `${major}.${minor}.${version.patch}${prerelease === '' ? '' : `-${prerelease}`}`;
  if (written === 0) {
    // Of the others, Masterminds has surprising opinions.
    if (['', '=', '>=', '=>', '~', '~>'].includes(operator) && prerelease === '')
      return [prereleases ? '>=0.0.0' : '*'];
    throw new Untranslatable(`"${operator}" makes no sense with a version that can be any`);
  }
  // -0 is the lowest pre-release: none of the next version's is in the range.
  const before = (next: string) => `<${next}${prereleases ? '-0' : ''}`;
  const next = written === 1 ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`;
  const isPart = written < 3;
  switch (operator) {
    case '':
    case '=':
      return [isPart ? `>=${text} ${before(next)}` : text];
    case '!=':
      if (isPart && prereleases)
        throw new Untranslatable('"!=" with a version that is not complete takes some of its pre-releases');
      return isPart ? [`<${text}`, `>=${next}`] : [`<${text}`, `>${text}`];
    case '>':
      return [isPart ? `>=${next}${prereleases ? '-0' : ''}` : `>${text}`];
    case '>=':
    case '=>':
      return [`>=${text}`];
    case '<':
      return [`<${text}`];
    case '<=':
    case '=<':
      return [isPart ? before(next) : `<=${text}`];
    case '~':
    case '~>':
      // Masterminds takes ~0.0.0 for any version.
      return [major + minor + version.patch === 0 && !isPart ? `>=${text}` : `>=${text} ${before(next)}`];
    default:
      return [`>=${text} ${before(afterCaret(version))}`];
  }
}

/** `^1.2.3` ends before 2, `^0.2.3` before 0.3, `^0.0.3` before 0.0.4, `^0.0` before 0.1, `^0` before 1. */
function afterCaret({ major, minor, patch, written }: Version): string {
  if (major > 0 || written === 1) return `${major + 1}.0.0`;
  if (minor > 0 || written === 2) return `0.${minor + 1}.0`;
  return `0.0.${patch + 1}`;
}

/** All ways to take one text of each list. */
const product = (lists: readonly (readonly string[])[]): readonly string[] =>
  lists.reduce<readonly string[]>(
    (before, list) => before.flatMap((start) => list.map((text) => (start === '' ? text : `${start} ${text}`))),
    [''],
  );
