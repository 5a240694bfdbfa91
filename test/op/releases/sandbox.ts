import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { putPackage } from '../bundles.js';
import { bundledOp, type Ran } from '../run-op.js';

const root = dirname(dirname(dirname(import.meta.dirname)));

/** A repository with releases, and a store beside it. */
export interface ReleaseSandbox {
  readonly directory: string;
  readonly home: string;
  /** Runs op in the repository. */
  readonly op: (...args: readonly string[]) => Promise<Ran>;
  /** The same, which has to succeed; gives what it printed. */
  readonly must: (...args: readonly string[]) => Promise<string>;
  /** Starts op. @returns what kills it, and waits for its end; whether it was still at work */
  readonly start: (...args: readonly string[]) => () => Promise<boolean>;
  /** The directory of the store. */
  readonly store: string;
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
  readonly read: (file: string) => Promise<string>;
  /** Commits everything. @returns the commit */
  readonly commit: (message?: string) => Promise<string>;
  readonly git: (...args: readonly string[]) => Promise<string>;
  readonly dispose: () => Promise<void>;
}

/**
 * Makes one: with the package as a user installs it, and tsx for a Node that does not read TypeScript.
 * @param from files of the repository @param more variables of op
 */
export async function releaseSandbox(
  from?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ReleaseSandbox> {
  const op = await bundledOp(['git']);
  const parent = await mkdtemp(join(tmpdir(), 'releases-'));
  const directory = join(parent, 'shop');
  await putPackage(join(directory, 'node_modules', 'octopipeline'));
  const exports = { '.': './index.js', './release': './release.js' };
  const manifest = { name: 'octopipeline', type: 'module', exports };
  await writeFile(join(directory, 'node_modules', 'octopipeline', 'package.json'), JSON.stringify(manifest));
  await symlink(join(root, 'node_modules', 'tsx'), join(directory, 'node_modules', 'tsx'));
  const identity = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com' };
  const env = { ...identity, GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.com', HOME: op.home };
  const git = async (...args: readonly string[]) => (await execa('git', args, { cwd: directory, env })).stdout;
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://git.example.com/acme/shop.git');
  if (from !== undefined) await cp(from, directory, { recursive: true });
  const write: ReleaseSandbox['write'] = async (files) => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    }
  };
  await write({ '.gitignore': 'node_modules/\nlog\n', 'package.json': '{"type":"module","private":true}\n' });
  const store = join(parent, 'store');
  const variables = { OP_STORE: `directory:${store}`, USER: 'ann', ...more };
  const run: ReleaseSandbox['op'] = (...args) => op.run(directory, args, variables);
  return {
    directory,
    home: op.home,
    store,
    op: run,
    must: async (...args) => {
      const { exitCode, stdout, stderr } = await run(...args);
      if (exitCode !== 0) throw new Error(`op ${args.join(' ')} ended with ${exitCode}:\n${stderr}\n${stdout}`);
      return stdout;
    },
    start: (...args) => {
      const env = { PATH: process.env.PATH, HOME: op.home, ...variables };
      const child = execa('node', [op.file, ...args], { cwd: directory, env, extendEnv: false, reject: false });
      return async () => {
        child.kill('SIGKILL');
        return (await child).signal === 'SIGKILL';
      };
    },
    write,
    read: (file) => readFile(join(directory, file), 'utf8'),
    commit: async (message = 'change') => {
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    git,
    dispose: async () => {
      await op.dispose();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
