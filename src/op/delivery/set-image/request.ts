import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { oneLine, printable } from '../../kit/log/printable.js';
import type { AccessFlags } from '../../systems/git/access-options.js';
import { problemOfName } from '../../systems/git/ref-name.js';
import { type GitUrl, parseGitUrl } from '../../systems/git/url.js';
import type { Where } from '../../systems/kubernetes/api.js';
import {
  clusterOfEnvironment,
  type Environment,
  type ImageField,
  imageParts,
  type Manifests,
} from '../environments/environment.js';
import { type LeaseRequest, leaseRequestOf } from '../lease/request.js';
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
  /** Relative to the working directory. */
  readonly buildResult: string;
  /** The digest that this list must have; undefined: not checked. */
  readonly listDigest: string | undefined;
  /** Only these images; empty: all. */
  readonly imageNames: readonly string[];
  readonly url: GitUrl;
  readonly branch: string;
  readonly access: AccessFlags;
  readonly fields: readonly Field[];
  readonly kustomizations: readonly string[];
  /** Undefined: the default one. */
  readonly message: string | undefined;
  readonly author: { readonly name: string; readonly email: string };
  /** Print a patch instead of pushing. */
  readonly patch: boolean;
  /** Undefined: no Lease; a patch needs none. */
  readonly lease: LeaseRequest | undefined;
  /** The cluster of the Lease. */
  readonly cluster: Where;
  /** Milliseconds. */
  readonly timeout: number;
  /** The command to run after this one. */
  readonly next: string;
}

/**
 * Combines the flags and the environment; a flag wins.
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
  const { fields, kustomizations } = fieldsOf(flags, manifests);
  if (fields.length + kustomizations.length === 0) {
    throw inputError({
      what: `no image fields are configured for the manifests of ${environment.name}`,
      why: 'there is neither a path to set nor a kustomization',
      hint: 'add set or kustomizations to the manifests of the environment, or give --set or --kustomization',
    });
  }
  const component = flags.component ?? environment.component;
  const request = {
    environment: environment.name,
    component,
    buildResult: flags.buildResult ?? 'build_result.json',
    listDigest: flags.listDigest,
    imageNames: flags.imageName,
    url: parseGitUrl(repository),
    branch: checkBranch(flags.branch ?? manifests?.branch ?? 'main'),
    access: flags,
    fields,
    kustomizations,
    message: parseMessage(flags.message),
    author: {
      name: checkPerson('--author-name', flags.authorName ?? 'octopipeline'),
      email: checkPerson('--author-email', flags.authorEmail ?? 'octopipeline@localhost'),
    },
    patch: flags.patch,
    cluster: clusterOfEnvironment(flags, environment),
    timeout: flags.timeout,
    next: nextCommand(environment.name, component, flags),
  };
  const lease = leaseRequestOf(flags, environment.name, component);
  return { ...request, lease: flags.patch ? undefined : lease };
}

function nextCommand(
  environment: string,
  component: string | undefined,
  { environments, buildResult }: SetImageFlags,
): string {
  const given = { component, 'build-result': buildResult, environments };
  const more = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [` --${name}=${value}`]));
  return `op watch-deployment --environment=${environment}${more.join('')}`;
}

const withoutRepository = (environment: string) =>
  usageError({
    what: '--set and --kustomization need --repository',
    why: `environment ${environment} has no manifests, which would name the repository`,
    hint: 'give the URL of the repository with the manifests',
  });

function fieldsOf({ set, kustomization }: SetImageFlags, manifests: Manifests | undefined) {
  const given = set.length + kustomization.length > 0;
  const fields = given ? set.map(parseSet) : (manifests?.set ?? []);
  const kustomizations = given ? kustomization : (manifests?.kustomizations ?? []);
  return {
    fields: fields.map((field) => ({ ...field, file: checkFile(field.file), path: parsePath(field.path) })),
    kustomizations: [...new Set(kustomizations.map(checkFile))],
  };
}

/** Parses `FILE:PATH=IMAGE:PART`. */
function parseSet(text: string): ImageField {
  const refuse = (why: string) =>
    usageError({
      what: `invalid --set=${oneLine(text, 200)}`,
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

/** Normalises a path as git has it: relative to the root, without `.` and empty parts. */
function checkFile(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const refuse = (why: string) =>
    refusedError({
      what: `"${oneLine(path)}" is not a file of the repository`,
      why,
      hint: 'give a path from the root of the repository, such as pp/shop.yaml',
    });
  if (path.startsWith('/')) throw refuse('it is an absolute path');
  if (parts.includes('..')) throw refuse('it leaves the repository with ".."');
  if (parts.some((part) => part.toLowerCase() === '.git')) throw refuse('it is inside a .git folder');
  if (/\p{Cc}/u.test(path)) throw refuse('it contains a line break or another control character');
  if (parts.length === 0) throw refuse('it is empty');
  return parts.join('/');
}

function checkBranch(name: string): string {
  const problem = problemOfName(name);
  if (problem === undefined) return name;
  throw inputError({
    what: `"${oneLine(name)}" is not a valid branch name`,
    why: problem,
    hint: 'give the name of a branch',
  });
}

function parseMessage(text: string | undefined): string | undefined {
  const message = printable(text ?? '').trim();
  return message === '' ? undefined : message;
}

function checkPerson(flag: string, text: string): string {
  if (!/[<>\p{Cc}]/u.test(text) && /[\p{L}\p{N}]/u.test(text) && text.length <= 200) return text;
  throw inputError({
    what: `invalid ${flag}="${oneLine(text)}"`,
    why: 'it needs a letter or digit, at most 200 characters, and no "<", ">" or line break',
    hint: 'give --author-name="Delivery robot" and --author-email=robot@example.com',
  });
}
