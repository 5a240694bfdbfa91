/** Credentials of a ServiceAccount as the files that git, ssh and docker look for. Source: pkg/credentials of Tekton v1.15.0. */
import { lstatSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { refusedError } from '../../op/kit/errors/op-error.js';
import { type Held, WalkError, walk } from '../workspaces/walk.js';

/** A Secret of a ServiceAccount. */
export interface Credential {
  readonly name: string;
  /** `kubernetes.io/basic-auth` and the like. */
  readonly type: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The files of a step's HOME by their paths in it: `.gitconfig`, `.git-credentials`, `.ssh/…`, `.docker/config.json`.
 * A Secret says with annotations what it is for: `tekton.dev/git-0: https://github.com`, `tekton.dev/docker-0: ghcr.io`.
 * @param directory where the step sees the keys of ssh
 */
export function credentialFiles(
  credentials: readonly Credential[],
  directory: string,
): Readonly<Record<string, string>> {
  const basic = credentials.filter(({ type }) => type === 'kubernetes.io/basic-auth');
  const ssh = credentials.filter(({ type }) => type === 'kubernetes.io/ssh-auth');
  const git = gitFiles(basic.flatMap((credential) => targets(credential, 'tekton.dev/git-')));
  const keys = sshFiles(
    ssh.flatMap((credential) => targets(credential, 'tekton.dev/git-')),
    directory,
  );
  const config = [git['.gitconfig'], keys['.gitconfig']].filter((text) => text !== undefined).join('');
  const docker = dockerFile(credentials);
  return {
    ...git,
    ...keys,
    ...(config !== '' && { '.gitconfig': config }),
    ...(docker !== undefined && { '.docker/config.json': docker }),
  };
}

/**
 * Writes the files so that only their owner reads them, as ssh asks for. Never through a link that a step or a repository has left there: it
 * would lead to a file of this machine.
 * @param home what runs at the same time may change what is in it
 * @throws OpError (refused) for a link
 */
export function writeCredentials(files: Readonly<Record<string, string>>, home: Held): void {
  for (const [path, content] of Object.entries(files)) {
    using folder = folderIn(home, path);
    writeNew(`${folder.here}/${basename(path)}`, content, path);
  }
}

function folderIn(home: Held, path: string): Held {
  try {
    const folder = walk(home, dirname(path), { links: 'none', make: 'directory', mode: 0o700 });
    if (folder.isDirectory) return folder;
    folder[Symbol.dispose]();
  } catch (error) {
    if (!(error instanceof WalkError)) throw error;
  }
  throw notWritten(path, dirname(path));
}

/** Replaces a file, and nothing else: neither call follows a link, or removes a directory. */
function writeNew(file: string, content: string, path: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) throw notWritten(path, path);
  try {
    if (found !== undefined) unlinkSync(file);
    writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const odd = error instanceof Error && 'code' in error && ['EEXIST', 'EISDIR', 'ENOENT'].includes(`${error.code}`);
    throw odd ? notWritten(path, path) : error;
  }
}

const notWritten = (path: string, odd: string) =>
  refusedError({
    what: `the credentials of a ServiceAccount are not written to ${path} in HOME`,
    why: `${odd} is there already, and is a link, or not what it should be`,
    hint: 'remove it from the workspace, or let HOME be another directory',
  });

interface Target {
  readonly credential: Credential;
  readonly url: string;
}

function targets(credential: Credential, prefix: string): readonly Target[] {
  const urls = Object.entries(credential.annotations).filter(([key]) => key.startsWith(prefix));
  return urls.map(([, url]) => ({ credential, url })).toSorted((a, b) => (a.url < b.url ? -1 : 1));
}

const login = ({ values: { username = '', password = '' } }: Credential) => ({ username, password });

/** Those for a host before those for one repository. */
const hostsFirst = (list: readonly Target[], isRepository: (url: string) => boolean) => [
  ...list.filter(({ url }) => !isRepository(url)),
  ...list.filter(({ url }) => isRepository(url)),
];

const hasPath = (url: string) => !/^(?:[a-z+]+:\/\/)?[^/]*\/?$/u.test(url);

function gitFiles(list: readonly Target[]): { readonly '.gitconfig'?: string; readonly '.git-credentials'?: string } {
  if (list.length === 0) return {};
  const sections = list.map(({ credential, url }) => {
    const name = login(credential).username.replaceAll('\\', '\\\\');
    return `[credential "${url}"]\n\tusername = ${name}\n${hasPath(url) ? '\tuseHttpPath = true\n' : ''}`;
  });
  const urls = hostsFirst(list, hasPath).map(({ credential, url }) => {
    const { username, password } = login(credential);
    return `${url.replace('://', `://${escaped(username)}:${escaped(password)}@`)}\n`;
  });
  return { '.gitconfig': `[credential]\n\thelper = store\n${sections.join('')}`, '.git-credentials': urls.join('') };
}

/** As Go's net/url writes a user in a URL. */
const escaped = (text: string) =>
  encodeURIComponent(text)
    .replaceAll(/[!'()*]/gu, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%(?:24|26|2B|2C|3B|3D)/gu, decodeURIComponent);

function sshFiles(list: readonly Target[], directory: string): Readonly<Record<string, string>> {
  if (list.length === 0) return {};
  const files: Record<string, string> = {};
  const urls = new Set(hostsFirst(list, (url) => url.includes('/')).map(({ url }) => url));
  const hosts: string[] = [];
  const known: string[] = [];
  const rewrites: string[] = [];
  for (const url of urls) {
    const [address = '', ...path] = url.split('/');
    const [host = '', port = '22'] = address.split(':');
    const alias = [host, ...path].join('--');
    hosts.push(`Host ${alias}\n    HostName ${host}\n    Port ${port}\n`);
    for (const { credential } of list.filter((one) => one.url === url)) {
      const { name, values } = credential;
      files[`.ssh/id_${name}`] = values['ssh-privatekey'] ?? '';
      hosts.push(`    IdentityFile ${directory}/.ssh/id_${name}\n`);
      if (values.known_hosts) known.push(values.known_hosts);
    }
    if (path.length === 0) continue;
    const [repository, at] = [path.join('/'), port === '22' ? host : `${host}:${port}`];
    rewrites.push(`[url "git@${alias}:${repository}.git"]\n\tinsteadOf = git@${host}:${repository}.git\n`);
    rewrites.push(`[url "ssh://${alias}/${repository}.git"]\n\tinsteadOf = ssh://${at}/${repository}.git\n`);
  }
  files['.ssh/config'] = hosts.join('');
  if (known.length > 0) files['.ssh/known_hosts'] = known.join('\n');
  if (rewrites.length > 0) files['.gitconfig'] = rewrites.join('');
  return files;
}

/** Registries of Docker's own files, then those of annotations. */
function dockerFile(credentials: readonly Credential[]): string | undefined {
  const of = (type: string, read: (values: Credential['values']) => object) =>
    credentials.filter((one) => one.type === type).map(({ values }) => read(values));
  const basic = credentials
    .filter(({ type }) => type === 'kubernetes.io/basic-auth')
    .flatMap((credential) => targets(credential, 'tekton.dev/docker-'))
    .map(({ credential, url }) => {
      const { username, password } = login(credential);
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      return { [url]: { username, password, auth, email: 'not@val.id' } };
    });
  const auths: object = Object.assign(
    {},
    ...of('kubernetes.io/dockercfg', (values) => objectIn(values['.dockercfg'])),
    ...of('kubernetes.io/dockerconfigjson', (values) => {
      const config = objectIn(values['.dockerconfigjson']);
      return 'auths' in config && typeof config.auths === 'object' ? (config.auths ?? {}) : {};
    }),
    ...basic,
  );
  return Object.keys(auths).length === 0 ? undefined : JSON.stringify({ auths });
}

function objectIn(text = ''): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
