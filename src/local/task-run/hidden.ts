import { readdir, readlink, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { within } from '../../op/kit/files/path.js';

/** A directory of this machine that steps find empty, as it is named and without links. */
interface HiddenDirectory {
  readonly named: string;
  readonly real: string;
}

/** What steps do not see of this machine: the user's files, what op keeps, and the sockets of services. */
export interface Hidden {
  readonly directories: readonly HiddenDirectory[];
  /** What is shown in them nevertheless, read-only: `source` is what `path` leads to. */
  readonly shown: readonly { readonly path: string; readonly source: string }[];
}

/** Homes of accounts that are no users. */
const system = /^\/(?:(?:usr|bin|sbin|lib\w*|etc|proc|dev|sys)(?:\/.*)?)?$/u;

/**
 * Where services have their sockets. Whoever may speak to LXD, Incus or a kubelet is root on this machine, and the first user of many an Ubuntu
 * may speak to LXD. That a directory is mounted read-only does not stop anybody from speaking to a socket in it.
 */
const ofServices = ['/run', '/var/run', '/var/snap', '/var/lib/lxd', '/var/lib/incus', '/var/lib/kubelet'];

/** Certificates that steps find by variables which they get. */
const certificates = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'] as const;

const found = new WeakMap<Context['env'], Map<string, Promise<Hidden>>>();

/**
 * The user's home, directories with sockets of services, and what op keeps of runs and of credentials, but for what programs need: directories of PATH, Node's modules,
 * certificates, and what tells how names are looked up. It is found out once for an environment, which all TaskRuns of a run share: PATH
 * leads to a thousand files.
 * @param state the directory with all runs
 */
export function hiddenFromSteps({ env }: Pick<Context, 'env'>, state = ''): Promise<Hidden> {
  const known = found.get(env) ?? new Map<string, Promise<Hidden>>();
  found.set(env, known);
  const hidden = known.get(state) ?? findHidden(env, state);
  known.set(state, hidden);
  return hidden;
}

async function findHidden(env: Context['env'], state: string): Promise<Hidden> {
  const directories: HiddenDirectory[] = [];
  // op has copies of credentials there while it fetches. A step has a `/tmp` of its own.
  const temporary = within('/tmp', resolve(env.TMPDIR ?? '/tmp')) ? undefined : env.TMPDIR;
  for (const named of [env.HOME, accountHome(), ...ofServices, temporary, state]) {
    const real = named && isAbsolute(named) ? await realpath(named).catch(() => undefined) : undefined;
    const isInAnother = directories.some((one) => real !== undefined && real !== one.real && within(one.real, real));
    if (named && real !== undefined && !isInAnother && !system.test(real))
      directories.push({ named: resolve(named), real });
  }
  const path = (env.PATH ?? '').split(delimiter);
  const node = dirname(process.execPath);
  const needed = [
    ...path.flatMap(withLibraries),
    node,
    join(dirname(node), 'lib/node_modules'),
    '/etc/resolv.conf',
    ...certificates.map((name) => env[name] ?? ''),
  ].filter(isAbsolute);
  const shown = (await Promise.all(needed.map((one) => placesOf(directories, one)))).flat();
  const linked = await Promise.all(path.filter(isAbsolute).map((one) => linkedPrograms(directories, one)));
  const byPath = new Map([...linked.flat(), ...shown].map((one) => [one.path, one]));
  return { directories, shown: [...byPath.values()].toSorted((a, b) => a.path.length - b.path.length) };
}

/** A directory of programs, with where they have what they need; shims of version managers need all of their manager's directory. */
function withLibraries(directory: string): readonly string[] {
  const above = dirname(directory);
  const libraries = ['lib', 'lib64', 'libexec'].map((name) => join(above, name));
  return basename(directory) === 'shims' ? [directory, above] : [directory, ...libraries];
}

function accountHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** The path without the links that lead to a hidden directory; undefined if it is in none. */
export function placeInHidden(directories: readonly HiddenDirectory[], path: string): string | undefined {
  for (const { named, real } of directories) {
    for (const top of [named, real]) if (path !== top && within(top, path)) return join(real, relative(top, path));
  }
  return undefined;
}

/** Where something must be shown so that its path still leads to it. */
async function placesOf(directories: readonly HiddenDirectory[], path: string): Promise<Hidden['shown']> {
  const source = await realpath(path).catch(() => undefined);
  // A home that is itself on PATH stays hidden.
  if (source === undefined || directories.some(({ real }) => within(source, real))) return [];
  const places = [placeInHidden(directories, resolve(path)), placeInHidden(directories, source)];
  return [...new Set(places)].flatMap((place) => (place === undefined ? [] : [{ path: place, source }]));
}

/** Programs that a hidden directory of PATH has as links to hidden files. */
async function linkedPrograms(directories: readonly HiddenDirectory[], directory: string): Promise<Hidden['shown']> {
  if ((await placesOf(directories, directory)).length === 0) return [];
  const links = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
  const found = links.map(async ({ name }) => {
    const target = await readlink(join(directory, name)).catch(() => name);
    return placesOf(directories, resolve(directory, target));
  });
  return (await Promise.all(found)).flat();
}
