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

/** A branch or a tag is asked for again each time, but not offline. */
async function commitOf(
  { cache, offline, note }: FetchSetting,
  url: string,
  revision: string,
  repository: () => Promise<OpenRepository>,
): Promise<string> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/iu.test(revision)) return revision.toLowerCase();
  const key = ['git revision', url, revision];
  if (!offline) {
    const commit = await (await repository()).commitOf(revision);
    await cache.put(key, commit);
    return commit;
  }
  const known = await cache.get(key);
  if (known === undefined) throw absent(`${shown(url)} at ${revision}`);
  note(`offline: ${revision} of ${shown(url)} is the commit ${known.text}, as on ${known.day}`);
  return known.text;
}

async function http(
  context: Context,
  setting: FetchSetting,
  { url, digest, login }: Of<'http'>,
  trusted: boolean,
): Promise<Fetched> {
  const { cache, doors, offline, note } = setting;
  const from: Login | undefined =
    login === undefined ? undefined : { user: login.user, password: secretOf(setting, login, trusted) };
  const known = digest === undefined ? undefined : await cache.get(['digest', digest]);
  if (known !== undefined) return fromHttp(url, known.text);
  if (offline) {
    const last = await cache.get(['http', url]);
    if (last === undefined || digest !== undefined) throw absent(url);
    note(`offline: ${url} is what it was on ${last.day}`);
    return fromHttp(url, last.text);
  }
  const text = await doors.getText(context, url, from);
  const [algorithm = 'sha256', wanted] = digest?.split(':') ?? [];
  const found = hashOf(algorithm, text);
  if (wanted !== undefined && found !== wanted) {
    throw inputError({
      what: `${url} is not what the reference wants`,
      why: `its digest is ${algorithm}:${found}, and the param digest says ${digest}`,
      hint: 'look at what has changed, and correct the digest',
    });
  }
  await cache.put(['http', url], text);
  if (digest !== undefined) await cache.put(['digest', digest], text);
  return fromHttp(url, text);
}

const hashOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');

const fromHttp = (url: string, text: string): Fetched => ({
  text,
  source: url,
  refSource: { uri: url, digest: { sha256: hashOf('sha256', text) } },
});

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
  { cache, doors, offline, note }: FetchSetting,
  image: string,
  config: string | undefined,
): Promise<Bundle> {
  const tag = ['image', image];
  const pinned = /@(sha256:[0-9a-f]{64})$/u.exec(image)?.[1];
  const last = offline || pinned !== undefined ? await cache.get(tag) : undefined;
  if (last === undefined && offline) throw absent(`the bundle ${image}`);
  if (last !== undefined && pinned === undefined)
    note(`offline: the bundle ${image} is ${last.text}, as on ${last.day}`);
  const { name, digest } = last === undefined ? await doors.imageDigest(context, image, config) : splitImage(last.text);
  if (last === undefined) await cache.put(tag, `${name}@${digest}`);
  const key = ['layers', `${name}@${digest}`];
  const known = await cache.get(key);
  if (known === undefined && offline) throw absent(`the bundle ${image}`);
  const layers: readonly Layer[] =
    known === undefined ? await doors.imageLayers(context, image, digest, config) : JSON.parse(known.text);
  if (known === undefined) await cache.put(key, JSON.stringify(layers));
  return { name, digest, layers };
}

const splitImage = (text: string) => {
  const [name = '', digest = ''] = text.split('@');
  return { name, digest };
};

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
