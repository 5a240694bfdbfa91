import { createHash } from 'node:crypto';
import type { Context } from '../../op/context.js';
import { inputError } from '../../op/kit/errors/op-error.js';
import type { RefSource } from '../contract.js';
import { slots } from '../pipeline-run/task-run.js';
import type { ObjectFiles } from '../runs/object-files.js';
import type { Cache } from './cache.js';
import type { Doors, Layer, Login, OpenRepository } from './doors.js';
import type { Reference, SecretKey } from './reference.js';

/** A document from elsewhere. */
export interface Fetched {
  readonly text: string;
  /** For messages: `https://host/repository.git at 1f3870be274f: task.yaml`. */
  readonly source: string;
  readonly refSource: RefSource;
}

export type RemoteReference = Exclude<Reference, { from: 'documents' }>;

export interface FetchSetting {
  readonly doors: Doors;
  readonly cache: Cache;
  /** The Secrets among the documents that were given. */
  readonly secrets: ObjectFiles['secrets'];
  /** Nothing is asked of a server: what was fetched before is used. */
  readonly offline: boolean;
  /** What the user should know, said once. */
  readonly note: (text: string) => void;
}

/** Fetches documents; each server and repository is asked once. Disposing of it closes what it has opened. */
export interface Fetcher extends AsyncDisposable {
  /**
   * @param trusted whether the reference is in a file of the user: what was fetched must not name Secrets
   * @throws OpError
   */
  readonly fetch: (reference: RemoteReference, trusted: boolean) => Promise<Fetched>;
}

/** How many requests are under way at a time. */
const atOnce = 4;

export function createFetcher(context: Context, setting: FetchSetting): Fetcher {
  const repositories = new Map<string, Promise<OpenRepository>>();
  const bundles = new Map<string, Promise<Bundle>>();
  const inTurn = slots(atOnce);
  const fetch: Fetcher['fetch'] = (reference, trusted) => {
    switch (reference.from) {
      case 'git':
        return git(context, setting, reference, trusted, repositories);
      case 'http':
        return http(context, setting, reference, trusted);
      case 'bundle':
        return bundle(context, setting, reference, trusted, bundles);
    }
  };
  return {
    fetch: (reference, trusted) => inTurn(context.signal, () => fetch(reference, trusted)),
    [Symbol.asyncDispose]: async () => {
      const opened = await Promise.allSettled(repositories.values());
      for (const one of opened) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
    },
  };
}

type Of<From> = Extract<RemoteReference, { from: From }>;

async function git(
  context: Context,
  setting: FetchSetting,
  { url, revision, path, token }: Of<'git'>,
  trusted: boolean,
  repositories: Map<string, Promise<OpenRepository>>,
): Promise<Fetched> {
  const { cache, doors } = setting;
  const login = token === undefined ? undefined : { user: 'git', password: secretOf(setting, token, trusted) };
  const repository = () => {
    const key = JSON.stringify([url, login]);
    const opened = repositories.get(key) ?? doors.openRepository(context, url, login);
    repositories.set(key, opened);
    return opened;
  };
  const commit = await commitOf(setting, url, revision, repository);
  const where = `${shown(url)} at ${commit.slice(0, 12)}: ${path}`;
  const key = ['git', url, commit, path];
  const known = await cache.get(key);
  if (known === undefined && setting.offline) throw absent(where);
  const text = known?.text ?? (await (await repository()).textOf(commit, path));
  if (known === undefined) await cache.put(key, text);
  const digest = { [commit.length === 64 ? 'sha256' : 'sha1']: commit };
  return { text, source: where, refSource: { uri: `git+${shown(url)}`, digest, entryPoint: path } };
}

/** Something that servers are asked for. */
interface Asked {
  readonly key: readonly string[];
  /** For messages. */
  readonly what: string;
  /** Whether it can never change, so that it is asked for once. */
  readonly fixed: boolean;
  /** What the user should know when it is not asked for again. */
  readonly said: (last: { readonly text: string; readonly day: string }) => string;
  readonly ask: () => Promise<string>;
}

/** What can change, such as a branch, is asked for each time; offline, it is what it was the last time. */
async function latest({ cache, offline, note }: FetchSetting, { key, what, fixed, said, ask }: Asked): Promise<string> {
  const last = offline || fixed ? await cache.get(key) : undefined;
  if (last === undefined && offline) throw absent(what);
  if (last === undefined) {
    const text = await ask();
    await cache.put(key, text);
    return text;
  }
  if (!fixed) note(`offline: ${said(last)}`);
  return last.text;
}

async function commitOf(
  setting: FetchSetting,
  url: string,
  revision: string,
  repository: () => Promise<OpenRepository>,
): Promise<string> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/iu.test(revision)) return revision.toLowerCase();
  return await latest(setting, {
    key: ['git revision', url, revision],
    what: `${shown(url)} at ${revision}`,
    fixed: false,
    said: ({ text, day }) => `${revision} of ${shown(url)} is the commit ${text}, as on ${day}`,
    ask: async () => (await repository()).commitOf(revision),
  });
}

async function http(
  context: Context,
  setting: FetchSetting,
  { url, digest, login }: Of<'http'>,
  trusted: boolean,
): Promise<Fetched> {
  const from: Login | undefined =
    login === undefined ? undefined : { user: login.user, password: secretOf(setting, login, trusted) };
  const text = await latest(setting, {
    key: digest === undefined ? ['http', url] : ['digest', digest],
    what: url,
    fixed: digest !== undefined,
    said: ({ day }) => `${url} is what it was on ${day}`,
    ask: async () => {
      const found = wanted(url, digest, await setting.doors.getText(context, url, from));
      if (digest !== undefined) await setting.cache.put(['http', url], found);
      return found;
    },
  });
  return { text, source: url, refSource: { uri: url, digest: { sha256: hashOf('sha256', text) } } };
}

/** @throws OpError (input) if the text has another digest */
function wanted(url: string, digest: string | undefined, text: string): string {
  const [algorithm = 'sha256', hash] = digest?.split(':') ?? [];
  const found = hashOf(algorithm, text);
  if (hash === undefined || found === hash) return text;
  throw inputError({
    what: `${url} is not what the reference wants`,
    why: `its digest is ${algorithm}:${found}, and the param digest says ${digest}`,
    hint: 'look at what has changed, and correct the digest',
  });
}

const hashOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');

/** A bundle with all its layers. */
interface Bundle {
  /** The repository. */
  readonly name: string;
  readonly digest: string;
  readonly layers: readonly Layer[];
}

async function bundle(
  context: Context,
  setting: FetchSetting,
  { image, kind, name, secret }: Of<'bundle'>,
  trusted: boolean,
  bundles: Map<string, Promise<Bundle>>,
): Promise<Fetched> {
  const config = secret === undefined ? undefined : dockerConfigOf(setting, secret, trusted);
  const loading = bundles.get(JSON.stringify([image, config])) ?? loadBundle(context, setting, image, config);
  bundles.set(JSON.stringify([image, config]), loading);
  const { name: uri, digest, layers } = await loading;
  const layer = objectIn(layers, image, kind, name);
  const [algorithm = '', hex = ''] = digest.split(':');
  return {
    text: layer.text,
    source: `${image}: ${kind} ${name}`,
    refSource: { uri, digest: { [algorithm]: hex }, entryPoint: name },
  };
}

async function loadBundle(
  context: Context,
  setting: FetchSetting,
  image: string,
  config: string | undefined,
): Promise<Bundle> {
  const { cache, doors, offline } = setting;
  const pinned = await latest(setting, {
    key: ['image', image],
    what: `the bundle ${image}`,
    fixed: /@sha256:[0-9a-f]{64}$/u.test(image),
    said: ({ text, day }) => `the bundle ${image} is ${text}, as on ${day}`,
    ask: async () => {
      const { name, digest } = await doors.imageDigest(context, image, config);
      return `${name}@${digest}`;
    },
  });
  const [name = '', digest = ''] = pinned.split('@');
  const key = ['layers', pinned];
  const known = await cache.get(key);
  if (known === undefined && offline) throw absent(`the bundle ${image}`);
  const layers: readonly Layer[] =
    known === undefined ? await doors.imageLayers(context, image, digest, config) : JSON.parse(known.text);
  if (known === undefined) await cache.put(key, JSON.stringify(layers));
  return { name, digest, layers };
}

const annotation = (word: string) => `dev.tekton.image.${word}`;

/** Source: checkImageCompliance and GetEntry of pkg/resolution/resolver/bundle. */
function objectIn(layers: readonly Layer[], image: string, kind: string, name: string): Layer {
  const refuse = (why: string) =>
    inputError({
      what: `the bundle ${image} cannot be used`,
      why,
      hint: 'make it with tkn bundle push; list what it has with tkn bundle list',
    });
  for (const [index, { annotations }] of layers.entries()) {
    const lacking = ['apiVersion', 'name', 'kind'].find((word) => annotations[annotation(word)] === undefined);
    if (lacking !== undefined) throw refuse(`its layer ${index} has no annotation ${annotation(lacking)}`);
    const written = annotations[annotation('kind')] ?? '';
    if (written.toLowerCase().replace(/s$/u, '') !== written)
      throw refuse(`the kind of its layer ${index} is ${written}, which is not lower-case and singular`);
  }
  const found = layers.find(
    ({ annotations }) => annotations[annotation('kind')] === kind && annotations[annotation('name')] === name,
  );
  if (found !== undefined) return found;
  const has = layers.map(({ annotations }) => `${annotations[annotation('kind')]} ${annotations[annotation('name')]}`);
  throw refuse(`it has no ${kind} ${name}, only ${has.join(', ') || 'nothing'}`);
}

function secretOf({ secrets }: FetchSetting, { secret, key }: SecretKey, trusted: boolean): string {
  const keys = keysOf(secrets, secret, trusted);
  const coded = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (coded !== undefined)
    return Buffer.from(coded, 'base64')
      .toString('utf8')
      .replace(/\r?\n$/u, '');
  throw inputError({
    what: `the Secret ${secret} has no key ${key}`,
    why: `its keys are ${Object.keys(keys).join(', ') || 'none'}`,
    hint: 'correct the key, or the Secret',
  });
}

/** The text of a docker configuration in a Secret. */
function dockerConfigOf({ secrets }: FetchSetting, name: string, trusted: boolean): string {
  const coded = keysOf(secrets, name, trusted)['.dockerconfigjson'];
  if (coded !== undefined) return Buffer.from(coded, 'base64').toString('utf8');
  throw inputError({
    what: `the Secret ${name} is no login of a registry`,
    why: 'it has no key .dockerconfigjson',
    hint: 'give a Secret of type kubernetes.io/dockerconfigjson',
  });
}

function keysOf(secrets: FetchSetting['secrets'], name: string, trusted: boolean): Readonly<Record<string, string>> {
  if (!trusted) {
    throw inputError({
      what: `a document that was fetched asks for the Secret ${name}`,
      why: 'it could send the Secret to any server',
      hint: 'fetch the document yourself, look at it, and give its file with -f',
    });
  }
  const keys = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (keys !== undefined) return keys;
  throw inputError({
    what: `there is no Secret ${name}`,
    why: 'it is not among the documents that were read',
    hint: 'give it as a document with -f FILE',
  });
}

const absent = (what: string) =>
  inputError({
    what: `${what} was not fetched before`,
    why: 'with --offline only what is in the cache can be used',
    hint: 'run it once without --offline',
  });

/** A URL for messages and for the status: without a user. */
const shown = (url: string) => url.replace(/^(https?:\/\/)[^/]*@/iu, '$1');
