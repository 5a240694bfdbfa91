import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { within } from '../../op/kit/files/path.js';
import type { Binding, WorkspaceSource } from '../workspaces/binding.js';

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

/** What a workspace of a test is. */
export type TestWorkspace =
  /** A directory of this machine, relative to the test's working directory; steps get a copy. */
  | string
  /** A new directory with these files, which the tasks share, as those of a claim. */
  | { readonly files: Files }
  /** A new directory for each TaskRun, as in a cluster. */
  | { readonly emptyDir: true }
  /** Files that steps cannot write. */
  | { readonly configMap: Files }
  /** The same; in logs the values are masked. */
  | { readonly secret: Files };

/** Makes the directories. @param into the directory for new ones */
export async function bindWorkspaces(
  workspaces: Readonly<Record<string, TestWorkspace | undefined>>,
  cwd: string,
  into: string,
): Promise<readonly Binding[]> {
  const bindings: Binding[] = [];
  for (const [name, given] of Object.entries(workspaces)) {
    if (given !== undefined) bindings.push({ name, source: await sourceOf(given, name, cwd, join(into, name)) });
  }
  return bindings;
}

async function sourceOf(given: TestWorkspace, name: string, cwd: string, into: string): Promise<WorkspaceSource> {
  if (typeof given === 'string') return { kind: 'directory', path: resolve(cwd, given), shared: false };
  if ('emptyDir' in given) return { kind: 'emptyDir' };
  if ('secret' in given) return { kind: 'secret', path: await write(given.secret, name, into) };
  if ('configMap' in given) return { kind: 'config', path: await write(given.configMap, name, into) };
  return { kind: 'directory', path: await write(given.files, name, into), shared: true };
}

async function write(files: Files, workspace: string, into: string): Promise<string> {
  await mkdir(into, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    const file = join(into, path);
    if (!within(into, file)) {
      throw inputError({
        what: `workspace ${workspace}: the file ${path} is not in it`,
        why: 'its path leads out of the workspace',
        hint: 'use a path inside of it, without ..',
      });
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return into;
}
