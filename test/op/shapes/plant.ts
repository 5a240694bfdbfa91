import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Shape } from './shape.js';

const shapes = dirname(fileURLToPath(import.meta.url));

/** A shape as a git repository with one commit. */
export interface Planted {
  readonly directory: string;
  /** The short commit, as Skaffold puts it into tags. */
  readonly commit: string;
  readonly remove: () => Promise<void>;
}

/** Makes the repository that a shape describes. */
export async function plant({ from, files = {}, change, links = {}, tag }: Shape): Promise<Planted> {
  const room = await mkdtemp(join(tmpdir(), 'shape-'));
  const directory = join(room, from);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      encoding: 'utf8',
    }).trim();
  await cp(join(shapes, from), directory, { recursive: true, verbatimSymlinks: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  for (const [path, target] of Object.entries(links)) await symlink(target, join(directory, path));
  if (change !== undefined) {
    const file = join(directory, 'skaffold.yaml');
    await writeFile(file, change(await readFile(file, 'utf8')));
  }
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message=shape');
  if (tag !== undefined) git('tag', '--annotate', '--message=tag', tag);
  return {
    directory,
    commit: git('rev-parse', '--short', 'HEAD'),
    remove: () => rm(room, { recursive: true, force: true }),
  };
}
