import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { oneLine, printable } from '../../kit/log/printable.js';
import { problemOfName } from '../../systems/git/ref-name.js';
import { type GitUrl, parseGitUrl } from '../../systems/git/url.js';
import type { Environment, ImageField, Manifests } from '../environments/environment.js';
import { imageParts } from '../environments/environment.js';
import type { SetImageFlags } from './options.js';
import { parsePath, type YamlPath } from './yaml/path.js';

/** A value to set, checked. */
export interface Field extends Omit<ImageField, 'path'> {
  readonly path: YamlPath;
}

/** What to write where, checked. */
export interface SetImageRequest {
  readonly environment: string;
  readonly component: string | undefined;
  readonly url: GitUrl;
  readonly branch: string;
  readonly fields: readonly Field[];
  readonly kustomizations: readonly string[];
  /** Undefined: the usual one. */
  readonly message: string | undefined;
  readonly author: { readonly name: string; readonly email: string };
  readonly patch: boolean;
  readonly timeout: number;
}

/**
 * Puts together what the flags and the environment say; a flag wins.
 * @returns undefined when neither names a repository
 * @throws OpError (usage, input, refused)
 */
export function parseSetImage(flags: SetImageFlags, environment: Environment): SetImageRequest | undefined {
  const { manifests } = environment;
  const repository = flags.repository ?? manifests?.repository;
  if (repository === undefined) {
    if (flags.set.length + flags.kustomization.length > 0) throw withoutRepository(environment.name);
    return undefined;
  }
  const { fields, kustomizations } = placesOf(flags, manifests);
  if (fields.length + kustomizations.length === 0) {
    throw inputError({
      what: `nothing says where images stand in the manifests of ${environment.name}`,
      why: 'there is neither a path to set nor a kustomization',
      hint: 'add set or kustomizations to the manifests of the environment, or give --set or --kustomization',
    });
  }
  return {
    environment: environment.name,
    component: flags.component ?? environment.component,
    url: parseGitUrl(repository),
    branch: checkBranch(flags.branch ?? manifests?.branch ?? 'main'),
    fields,
    kustomizations,
    message: parseMessage(flags.message),
    author: {
      name: checkPerson('--author-name', flags.authorName ?? 'octopipeline'),
      email: checkPerson('--author-email', flags.authorEmail ?? 'octopipeline@localhost'),
    },
    patch: flags.patch,
    timeout: flags.timeout,
  };
}

const withoutRepository = (environment: string) =>
  usageError({
    what: '--set and --kustomization need --repository',
    why: `environment ${environment} has no manifests that would name it`,
    hint: 'give the URL of the repository with the manifests',
  });

function placesOf({ set, kustomization }: SetImageFlags, manifests: Manifests | undefined) {
  const given = set.length + kustomization.length > 0;
  const fields = given ? set.map(parseSet) : (manifests?.set ?? []);
  const kustomizations = given ? kustomization : (manifests?.kustomizations ?? []);
  return {
    fields: fields.map((field) => ({ ...field, file: checkFile(field.file), path: parsePath(field.path) })),
    kustomizations: [...new Set(kustomizations.map(checkFile))],
  };
}

/** Reads `FILE:PATH=IMAGE:PART`. */
function parseSet(text: string): ImageField {
  const refuse = (why: string) =>
    usageError({
      what: `--set=${oneLine(text, 200)} cannot be read`,
      why,
      hint: 'give FILE:PATH=IMAGE:PART, such as --set=pp/shop.yaml:spec.values.web.image=web:reference',
    });
  const equals = text.lastIndexOf('=');
  const place = text.slice(0, Math.max(0, equals));
  const colon = place.indexOf(':');
  if (colon < 1 || colon === place.length - 1) throw refuse('it needs FILE:PATH before the last "="');
  const what = text.slice(equals + 1);
  const last = what.lastIndexOf(':');
  const value = imageParts.find((part) => part === what.slice(last + 1));
  if (last < 1 || value === undefined)
    throw refuse(`it needs IMAGE:PART after the last "=", with ${imageParts.join(', ')}`);
  return { file: place.slice(0, colon), path: place.slice(colon + 1), image: what.slice(0, last), value };
}

/** A path as git has it: relative to the root, without `.` and empty parts. */
function checkFile(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const refuse = (why: string) =>
    refusedError({
      what: `"${oneLine(path)}" is not a file of the repository`,
      why,
      hint: 'give a path from the root of the repository, such as pp/shop.yaml',
    });
  if (path.startsWith('/')) throw refuse('it is an absolute path');
  if (parts.includes('..')) throw refuse('it leads out with ".."');
  if (parts.some((part) => part.toLowerCase() === '.git')) throw refuse('it is inside of a .git folder');
  if (/\p{Cc}/u.test(path)) throw refuse('it has a line break or another control character');
  if (parts.length === 0) throw refuse('it is empty');
  return parts.join('/');
}

function checkBranch(name: string): string {
  const problem = problemOfName(name);
  if (problem === undefined) return name;
  throw inputError({ what: `"${oneLine(name)}" is not a branch`, why: problem, hint: 'give the name of a branch' });
}

function parseMessage(text: string | undefined): string | undefined {
  const message = printable(text ?? '').trim();
  return message === '' ? undefined : message;
}

function checkPerson(flag: string, text: string): string {
  if (!/[<>\p{Cc}]/u.test(text) && /[\p{L}\p{N}]/u.test(text) && text.length <= 200) return text;
  throw inputError({
    what: `${flag}="${oneLine(text)}" cannot be the author of a commit`,
    why: 'it must have a letter or digit, at most 200 characters, and neither "<", ">" nor a line break',
    hint: 'give --author-name="Delivery robot" and --author-email=robot@example.com',
  });
}
