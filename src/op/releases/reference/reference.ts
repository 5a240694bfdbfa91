import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** What a reference can name below a release, an environment or custom state. */
export const referenceTypes = ['deploy', 'task', 'custom', 'environment', 'commit', 'push', 'op'] as const;
export type ReferenceType = (typeof referenceTypes)[number];

/** Names something in state or intent: `[repo]/-/[path]/@[release]/[type]/[subpath]#[fragment]`. */
export interface Reference {
  /** `host/org/repository`, or the alias of a repository; empty for what belongs to none, such as environments. */
  readonly repo: string;
  /** The file of the package inside the repository; empty with an empty `repo`. */
  readonly path: string;
  /** `r12`, a tag, or a commit; empty is the current one; undefined when the reference ends before it. */
  readonly release: string | undefined;
  readonly type: ReferenceType | undefined;
  /** What is named, such as `build` or `credential/staging`; may be empty. */
  readonly subpath: string;
  /** Where in the JSON: names of keys, from the outside in. */
  readonly fragment: readonly string[];
}

/** The package and release that relative references start from. */
export interface ReferenceBase {
  readonly repo: string;
  readonly path: string;
  readonly release: string;
}

/**
 * Reads a reference. The relative forms are `./task/build` (this package and release), `./@/deploy/prod` and `./@r3/…` (this package),
 * `./-/FILE/@…` and `//FILE/@…` (this repository), and a plain file name (this repository); `@/…` belongs to no package.
 * @param base what relative forms start from; without it they are refused
 * @throws OpError (input)
 */
export function parseReference(text: string, base?: ReferenceBase): Reference {
  const refuse = (why: string) => invalid(text, why);
  if (text.length > 1000 || /[\s\p{Cc}]/u.test(text)) throw refuse('it has white space, or more than 1000 characters');
  const hash = text.indexOf('#');
  const body = hash === -1 ? text : text.slice(0, hash);
  const fragment = hash === -1 ? [] : partsOf(text.slice(hash + 1));
  if (body === '') throw refuse('it names nothing');
  const { repo, path, rest } = splitPackage(body, base, refuse);
  if (path.split('/').some((part) => part === '..' || part === '.')) throw refuse('its path has "." or ".."');
  return { repo, path, fragment, ...readRest(rest, refuse) };
}

/** Its one form that does not depend on where it is written. */
export function formatReference({ repo, path, release, type, subpath, fragment }: Reference): string {
  const owner = repo === '' && path === '' ? '' : `${repo}/-/${path}/`;
  const version = release === undefined ? '' : `@${release}`;
  const named = [version, type ?? '', subpath].filter((part) => part !== '').join('/');
  const whole = `${owner}${named}`.replace(/\/$/u, '');
  return fragment.length === 0 ? whole : `${whole}#${fragment.join('/')}`;
}

/** The package of a reference: `host/org/repository/-/path/to/shop.release.ts`. */
export const packageOf = ({ repo, path }: Pick<Reference, 'repo' | 'path'>): string => `${repo}/-/${path}`;

/** The number of a release such as `r12`; undefined for a tag. */
export function releaseNumber(release: string | undefined): number | undefined {
  const [, digits] = /^r([1-9]\d{0,8})$/u.exec(release ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The name of a repository in references, from a URL of git. */
export function repoOfUrl(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/u.exec(url);
  const plain = scp === null ? url.replace(/^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?/iu, '') : `${scp[1]}/${scp[2]}`;
  return plain.replace(/\.git\/?$/u, '').replace(/^\/+|\/+$/gu, '');
}

/** The value at a fragment; undefined when a part is not there. Lists have no parts: their order is nobody's promise. */
export function valueAt(value: unknown, fragment: readonly string[]): unknown {
  let inner = value;
  for (const key of fragment) {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || !Object.hasOwn(inner, key))
      return undefined;
    inner = (inner as Readonly<Record<string, unknown>>)[key];
  }
  return inner;
}

type Refuse = (why: string) => OpError;

interface Split {
  readonly repo: string;
  readonly path: string;
  readonly rest: string;
}

function splitPackage(body: string, base: ReferenceBase | undefined, refuse: Refuse): Split {
  if (body === '@' || body.startsWith('@/')) return { repo: '', path: '', rest: body };
  const needed = (): ReferenceBase => {
    if (base !== undefined) return base;
    throw refuse('it is relative, and there is no package that it could start from');
  };
  if (body.startsWith('//')) return { repo: needed().repo, ...splitPath(body.slice(2), refuse) };
  if (body.startsWith('./-/')) return { repo: needed().repo, ...splitPath(body.slice(4), refuse) };
  if (body === '.' || body.startsWith('./')) {
    const { repo, path, release } = needed();
    const rest = body.slice(2);
    return { repo, path, rest: rest.startsWith('@') ? rest : `@${release}/${rest}` };
  }
  const dash = body.indexOf('/-/');
  if (dash !== -1) {
    const repo = body.slice(0, dash);
    if (repo === '' || repo.includes('@')) throw refuse('the repository before /-/ is empty, or has an @');
    return { repo, ...splitPath(body.slice(dash + 3), refuse) };
  }
  return { repo: needed().repo, ...splitPath(body, refuse) };
}

function splitPath(text: string, refuse: Refuse): { readonly path: string; readonly rest: string } {
  const at = text.indexOf('/@');
  const path = at === -1 ? text.replace(/\/$/u, '') : text.slice(0, at);
  if (path === '') throw refuse('it has no path of a file');
  if (path.includes('@')) throw refuse('the @ of a release follows a slash: path/@release');
  return { path, rest: at === -1 ? '' : text.slice(at + 1) };
}

function readRest(rest: string, refuse: Refuse): Pick<Reference, 'release' | 'type' | 'subpath'> {
  if (rest === '') return { release: undefined, type: undefined, subpath: '' };
  const [release = '', word, ...names] = rest.slice(1).split('/');
  if (rest.includes('/@')) throw refuse('it has a second release');
  if (word === undefined || word === '') return { release, type: undefined, subpath: '' };
  const type = word === 'call' ? 'task' : referenceTypes.find((known) => known === word);
  if (type === undefined) throw refuse(`"${oneLine(word, 40)}" is none of ${referenceTypes.join(', ')}`);
  const parts = partsOf(names.join('/'));
  if (parts.includes('..') || parts.includes('.')) throw refuse('its name has "." or ".."');
  const subpath = parts.join('/');
  if (subpath.includes('=')) throw refuse('a name cannot have "="');
  return { release, type, subpath };
}

const partsOf = (text: string) => text.split('/').filter((part) => part !== '');

const invalid = (text: string, why: string) =>
  inputError({
    what: `"${oneLine(text, 200)}" is not a reference`,
    why,
    hint: 'write one such as ./task/build#output/image, //shop.release.ts/@/deploy/prod or @/environment/prod',
  });
