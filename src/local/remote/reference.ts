/** What the params of Tekton's resolvers mean, with the settings of a default install. Source: pkg/resolution/resolver of Tekton v1.15.0. */
import type { WireParam, WireRef } from '../../tekton/wire/task.js';
import type { LocalProblem } from '../contract.js';

/** A key of a Secret. */
export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

/** Where an object is to be found. */
export type Reference =
  /** Among the documents that were read: `cluster` and `hub` too. */
  | { readonly from: 'documents'; readonly name: string; readonly resolver: string | undefined }
  | {
      readonly from: 'git';
      readonly url: string;
      readonly revision: string;
      readonly path: string;
      readonly token?: SecretKey;
    }
  | {
      readonly from: 'http';
      readonly url: string;
      readonly digest?: string;
      readonly login?: SecretKey & { readonly user: string };
    }
  | {
      readonly from: 'bundle';
      readonly image: string;
      readonly kind: string;
      readonly name: string;
      readonly secret?: string;
    };

export type ObjectKind = 'Task' | 'Pipeline' | 'StepAction';

/** A problem below a reference: `path` is `params[1]`, or empty for the whole. */
export type ReferenceProblem = Omit<LocalProblem, 'at'>;

/** A reference that was understood; `ignored` are the params without an effect. */
export interface Understood {
  readonly reference: Reference;
  readonly ignored: readonly string[];
}

/** Reads a reference whose variables are replaced. */
export function readReference(ref: WireRef, kind: ObjectKind): Understood | ReferenceProblem {
  const { resolver, name = '' } = ref;
  if (!resolver) return { reference: { from: 'documents', name, resolver: undefined }, ignored: [] };
  const given = read(ref.params ?? []);
  if ('what' in given) return given;
  switch (resolver) {
    case 'git':
      return git(given);
    case 'http':
      return http(given);
    case 'bundles':
      return bundle(given, kind);
    case 'cluster':
    case 'hub':
      return byName(given, kind, resolver);
    default:
      return {
        path: 'resolver',
        what: `there is no resolver ${resolver} on this machine`,
        hint: 'use git, http or bundles; or refer to it by name, and give its file with -f',
      };
  }
}

/** The texts of params, and where each is. */
interface Given {
  readonly text: (name: string) => string;
  readonly at: (name: string) => string;
  /** Names that are not in the list. */
  readonly others: (known: readonly string[]) => readonly string[];
}

function read(params: readonly WireParam[]): Given | ReferenceProblem {
  const texts = new Map<string, string>();
  for (const [index, { name, value }] of params.entries()) {
    const path = `params[${index}] ${name}`;
    if (typeof value !== 'string') return { path, what: 'is no text', hint: 'write a text' };
    const [open] = /\$\([^()\s]+\)/u.exec(value) ?? [];
    if (open !== undefined) {
      return {
        path,
        what: `uses ${open}, which is not known before the run starts`,
        hint: 'use a param of the run, or write the value',
      };
    }
    texts.set(name, value);
  }
  return {
    text: (name) => texts.get(name) ?? '',
    at: (name) => {
      const index = params.findIndex((param) => param.name === name);
      return index === -1 ? 'params' : `params[${index}] ${name}`;
    },
    others: (known) => [...texts.keys()].filter((name) => !known.includes(name)),
  };
}

const missing = (name: string, example: string): ReferenceProblem => ({
  path: 'params',
  what: `the param ${name} is missing`,
  hint: `add ${name}, such as ${example}`,
});

/** `default-url` and `default-revision` of git-resolver-config. */
const defaults = { url: 'https://github.com/tektoncd/catalog.git', revision: 'main' };

function git(given: Given): Understood | ReferenceProblem {
  const { text, at } = given;
  if (text('repo') !== '' || text('org') !== '') {
    return {
      path: at(text('repo') === '' ? 'org' : 'repo'),
      what: 'asks the API of a Git server (org and repo), which needs a token of the cluster',
      hint: 'replace org, repo and serverURL by url: https://HOST/ORG/REPO.git, which clones with the git of this machine',
    };
  }
  if (text('configKey') !== '') {
    return { path: at('configKey'), what: 'names settings of a cluster', hint: 'write url and revision instead' };
  }
  const path = text('pathInRepo').replace(/^\/+/u, '');
  if (path === '') return missing('pathInRepo', 'task/build/build.yaml');
  if (path.split(/[/\\]/u).includes('..')) {
    return {
      path: at('pathInRepo'),
      what: `${path} leaves the repository`,
      hint: 'write a path from the root of the repository',
    };
  }
  const revision = text('revision') || defaults.revision;
  const secret = text('gitToken');
  return {
    reference: {
      from: 'git',
      url: text('url') || defaults.url,
      revision,
      path,
      ...(secret === '' ? {} : { token: { secret, key: text('gitTokenKey') || 'token' } }),
    },
    ignored: given.others([
      'url',
      'revision',
      'pathInRepo',
      'org',
      'repo',
      'gitToken',
      'gitTokenKey',
      'cache',
      'configKey',
    ]),
  };
}

function http(given: Given): Understood | ReferenceProblem {
  const { text, at } = given;
  const url = text('url');
  if (url === '') return missing('url', 'https://HOST/task.yaml');
  if (!/^https?:\/\//iu.test(url))
    return { path: at('url'), what: `${url} is no http or https URL`, hint: 'write an https URL' };
  const user = text('http-username');
  const secret = text('http-password-secret');
  if (user === '' && secret !== '') return missing('http-username', 'git');
  if (user !== '' && secret === '') return missing('http-password-secret', 'the name of a Secret');
  const digest = text('digest');
  if (digest !== '' && !/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/iu.test(digest)) {
    return {
      path: at('digest'),
      what: `${digest} is no digest`,
      hint: 'write sha256: and 64 hexadecimal digits, or sha512: and 128',
    };
  }
  const key = text('http-password-secret-key') || 'password';
  return {
    reference: {
      from: 'http',
      url,
      ...(digest === '' ? {} : { digest: digest.toLowerCase() }),
      ...(secret === '' ? {} : { login: { user, secret, key } }),
    },
    ignored: given.others([
      ...['url', 'digest', 'http-username', 'http-password-secret', 'http-password-secret-key', 'cache'],
    ]),
  };
}

function bundle(given: Given, wanted: ObjectKind): Understood | ReferenceProblem {
  const { text, at } = given;
  const image = text('bundle');
  if (image === '') return missing('bundle', 'ghcr.io/ORG/BUNDLE:1.0');
  const name = text('name');
  if (name === '') return missing('name', 'the name of the object in the bundle');
  const kind = (text('kind') || 'task').toLowerCase();
  if (kind !== wanted.toLowerCase()) return otherKind(at('kind'), kind, wanted);
  const secret = text('secret');
  return {
    reference: { from: 'bundle', image, kind, name, ...(secret === '' ? {} : { secret }) },
    ignored: given.others(['bundle', 'name', 'kind', 'secret', 'cache']),
  };
}

function byName(given: Given, wanted: ObjectKind, resolver: string): Understood | ReferenceProblem {
  const { text, at } = given;
  const name = text('name');
  if (name === '') return missing('name', 'the name of the object');
  const kind = text('kind').toLowerCase() || wanted.toLowerCase();
  if (kind !== wanted.toLowerCase()) return otherKind(at('kind'), kind, wanted);
  return { reference: { from: 'documents', name, resolver }, ignored: given.others(['kind', 'name']) };
}

const otherKind = (path: string, kind: string, wanted: ObjectKind): ReferenceProblem => ({
  path,
  what: `is ${kind}, where a ${wanted} is wanted`,
  hint: `write kind: ${wanted.toLowerCase()}`,
});
