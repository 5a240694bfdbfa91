/** Git repositories for tests, served to pods by a real git over HTTP. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { places } from './command.js';

/** The git server, for pods. */
export const gitService = 'http://git.octopipeline-sample.svc.cluster.local';

/** The same server by its address, which also works on this machine. */
export const gitAddress = 'http://172.30.0.1:8080';

/** A served bare repository. */
export interface Repository {
  /** The URL that a pod clones. */
  readonly url: string;
  /** The bare repository on this machine. */
  readonly path: string;
  /** The commit that `main` points to. */
  readonly commit: string;
}

const identity = {
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** Runs git in a directory. */
async function git(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execa('git', ['-C', directory, ...args], { timeout: 60_000, env: identity });
  return stdout;
}

/**
 * Creates a repository with these files (path to content; those ending in `.sh` are executable) as one commit on `main`.
 * One whose name begins with `private/` requires basic authentication with `credentials` of registry.ts.
 */
export async function createRepository(name: string, files: Readonly<Record<string, string>>): Promise<Repository> {
  const { repositories } = await places();
  const path = join(repositories, `${name}.git`);
  const work = await mkdtemp(join(tmpdir(), 'octopipeline-repository-'));
  try {
    await git(work, ['init', '--quiet', '--initial-branch=main']);
    await writeFiles(work, files);
    await git(work, ['add', '--all']);
    await git(work, ['commit', '--quiet', '--allow-empty', '--message=Files of a test']);
    await rm(path, { recursive: true, force: true });
    await mkdir(dirname(path), { recursive: true });
    await git(work, ['clone', '--quiet', '--bare', work, path]);
    // So that a test can fetch any commit by its hash, as on the large hosting services.
    await git(path, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    return { url: `${gitService}/${name}.git`, path, commit: await git(path, ['rev-parse', 'main']) };
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Commits these files on top of `main`, like a user who pushes. @returns the commit */
export async function commitFiles({ path }: Repository, files: Readonly<Record<string, string>>): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'octopipeline-commit-'));
  try {
    await git(work, ['clone', '--quiet', path, '.']);
    await writeFiles(work, files);
    await git(work, ['add', '--all']);
    await git(work, ['commit', '--quiet', '--allow-empty', '--message=A change of a test']);
    await git(work, ['push', '--quiet', 'origin', 'main']);
    return await git(work, ['rev-parse', 'main']);
  } finally {
    await rm(work, { recursive: true });
  }
}

/** The current content of a file on `main`. */
export const readCommitted = ({ path }: Repository, file: string): Promise<string> =>
  git(path, ['show', `main:${file}`]);

async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), content, { mode: file.endsWith('.sh') ? 0o755 : 0o644 });
  }
}

/** Removes a repository that {@link createRepository} made. */
export async function removeRepository({ path }: Repository): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The files of a directory, for {@link createRepository}. */
export async function filesOf(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    paths.map(async (path) => [relative(directory, path), await readFile(path, 'utf8')]),
  );
  return Object.fromEntries(contents);
}
