import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readlink, realpath, stat, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { entryOf, within } from '../../op/kit/files/path.js';
import type { BoundWorkspace } from '../contract.js';
import type { Home } from '../runs/home.js';
import { keySources } from '../runs/key-sources.js';
import { type ObjectFiles, writeKeys } from '../runs/object-files.js';
import { below } from './below.js';
import type { Binding } from './binding.js';

/** A workspace of a run; undefined is one that each TaskRun makes for itself. */
export type Made = ReadonlyMap<string, { readonly binding: Binding; readonly directory: string | undefined }>;

/**
 * Makes the directories of a run's workspaces. A directory of the user is copied, with `.git`, so that no step can change it.
 * @param into the directory for new ones
 * @throws OpError (input) for a directory that is not there
 */
export async function makeWorkspaces(
  bindings: readonly Binding[],
  home: Home,
  into: string,
  files: ObjectFiles,
): Promise<Made> {
  const made = new Map<string, { binding: Binding; directory: string | undefined }>();
  for (const binding of bindings) {
    made.set(binding.name, { binding, directory: await make(binding, home, entryOf(into, binding.name), files) });
  }
  return made;
}

async function make(
  { name, source }: Binding,
  home: Home,
  into: string,
  files: ObjectFiles,
): Promise<string | undefined> {
  switch (source.kind) {
    case 'emptyDir':
      return undefined;
    case 'new':
      return created(into);
    case 'claim':
      return created(entryOf(home.claims, source.claim));
    case 'directory': {
      const from = await existing(name, source.path);
      if (source.shared) await refuseState(name, from, home);
      // When a run goes on, its workspaces are there.
      if (source.shared || (await stat(into).catch(() => undefined)) !== undefined) return source.shared ? from : into;
      await copy(from, into, home.root);
      return into;
    }
    case 'keys':
      await writeKeys(into, keySources(source.volume), files);
      return into;
    default:
      return existing(name, source.path);
  }
}

async function created(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}

async function existing(name: string, path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return realpath(path);
  throw inputError({
    what: `workspace ${name} cannot be ${path}`,
    why: found === undefined ? 'there is no such directory' : 'it is not a directory',
    hint: `bind a directory that exists: -w ${name}=DIR`,
  });
}

/**
 * What op keeps of its runs has the programs that it starts outside of the sandbox, and the Secrets of other tasks: no step may have that as
 * its workspace.
 */
async function refuseState(name: string, path: string, { root, runs }: Home): Promise<void> {
  const [own, ofRuns] = await Promise.all([root, runs].map((one) => realpath(one).catch(() => one)));
  if (own === undefined || ofRuns === undefined || (!within(path, own) && !within(ofRuns, path))) return;
  throw inputError({
    what: `workspace ${name} cannot be ${path} itself`,
    why: `op keeps its runs in ${own}, and a step could change there what op starts`,
    hint: `leave out rw: then it is a copy; or bind another directory, or keep the runs elsewhere with --state`,
  });
}

/**
 * Copies files, directories and links as they are; sockets and pipes are left out, and so is op's own state. Not `fs.cp`, which refuses
 * to copy a directory that its target is in.
 */
async function copy(from: string, into: string, state: string): Promise<void> {
  const own = await realpath(state).catch(() => state);
  const walk = async (source: string, target: string): Promise<void> => {
    await mkdir(target, { recursive: true });
    for (const entry of await readdir(source, { withFileTypes: true })) {
      const [path, copied] = [join(source, entry.name), join(target, entry.name)];
      if (path === own) continue;
      if (entry.isSymbolicLink()) await symlink(await readlink(path), copied);
      else if (entry.isDirectory()) await walk(path, copied);
      else if (entry.isFile()) await copyOne(path, copied);
    }
    await chmod(target, (await stat(source)).mode);
  };
  await walk(from, into);
}

/** Programs such as make and git look at the time of a file. */
async function copyOne(from: string, into: string): Promise<void> {
  await copyFile(from, into, constants.COPYFILE_FICLONE);
  const { atime, mtime } = await stat(from);
  await utimes(into, atime, mtime);
}

/**
 * The directory of a workspace for one TaskRun: with its `subPath`, and new if the run's is an emptyDir.
 * @throws OpError (input) for a `subPath` that leads out of the workspace
 */
export async function workspaceFor(
  made: { readonly binding: Binding; readonly directory: string | undefined },
  subPath: string | undefined,
  fresh: string,
): Promise<BoundWorkspace> {
  const { binding, directory = fresh } = made;
  const { source } = binding;
  const keys = source.kind === 'keys' ? keySources(source.volume) : [];
  const secret = source.kind === 'secret' || keys.some(({ kind }) => kind === 'secrets');
  const fixed = secret || source.kind === 'config' || source.kind === 'keys';
  const rights = { readOnly: fixed, secret, ...(source.kind === 'claim' ? { claim: source.claim } : {}) };
  if (!fixed) await mkdir(directory, { recursive: true });
  const inside = [binding.subPath, subPath].filter((path) => path !== undefined && path !== '').join('/');
  if (inside === '') return { ...rights, directory };
  return { ...rights, directory: below(directory, `./${inside}`, !fixed), volume: directory };
}
