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

/** What steps do not see of this machine: the user's files and the sockets of its services. */
export interface Hidden {
  readonly directories: readonly HiddenDirectory[];
  /** What is shown in them nevertheless, read-only: `source` is what `path` leads to. */
  readonly shown: readonly { readonly path: string; readonly source: string }[];
}

/** Homes of accounts that are no users. */
const system = /^\/(?:(?:usr|bin|sbin|lib\w*|etc|proc|dev|sys)(?:\/.*)?)?$/u;

/** Certificates that steps find by variables which they get. */
const certificates = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'] as const;

const found = new WeakMap<Context['env'], Promise<Hidden>>();

/**
 * The user's home, /run and /var/run, but for what programs need: directories of PATH, Node's modules, certificates, and what tells how
 * names are looked up. It is found out once for an environment, which all TaskRuns of a run share: PATH leads to a thousand files.
 */
export function hiddenFromSteps({ env }: Pick<Context, 'env'>): Promise<Hidden> {
  const hidden = found.get(env) ?? findHidden(env);
  found.set(env, hidden);
  return hidden;
}

async function findHidden(env: Context['env']): Promise<Hidden> {
  const directories: HiddenDirectory[] = [];
  for (const named of [env.HOME, accountHome(), '/run', '/var/run']) {
    const real = named && isAbsolute(named) ? await realpath(named).catch(() => undefined) : undefined;
    if (named && real !== undefined && !system.test(real)) directories.push({ named: resolve(named), real });
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
