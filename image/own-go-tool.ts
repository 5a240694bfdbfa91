/** Commands that are built from Go source of this repository. */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A command, and the directory with its module: `go.mod`, `go.sum` and its source, in one package. */
export interface OwnGoTool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly source: string;
}

/** The helper that evaluates releases in Starlark; its version is that of the SDK whose names it has. */
export const starlarkHelper: OwnGoTool = {
  name: 'op-starlark',
  module: 'github.com/octopilot/octopipeline/op-starlark',
  version: '0.3.0',
  source: join(import.meta.dirname, '..', 'op-starlark'),
};

/** The path of the command: built when it is not there, and kept by its source and the version of Go. */
export async function ownGoTool({ name, source }: OwnGoTool): Promise<string> {
  const { stdout: version } = await execa('go', ['env', 'GOVERSION'], { stdin: 'ignore' });
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'octopipeline', 'own-go');
  const key = (await hashOf(source)).toString('hex').slice(0, 16);
  const directory = join(cache, `${name}-${key}-${version.trim()}`);
  const binary = join(directory, name);
  if (await exists(binary)) return binary;
  process.stderr.write(`building ${name}\n`);
  await mkdir(directory, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  try {
    const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid='];
    await execa('go', ['build', ...flags, '-o', unfinished, '.'], {
      cwd: source,
      env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
      stdin: 'ignore',
    });
    await rename(unfinished, binary);
  } finally {
    await rm(unfinished, { force: true });
  }
  return binary;
}

/** What pins its source, as `go.sum` would. Source of the format: golang.org/x/mod/sumdb/dirhash, Hash1. */
export const sumOf = async ({ source }: OwnGoTool): Promise<string> =>
  `h1:${(await hashOf(source)).toString('base64')}`;

/** Of the files that become the command: all of its directory but tests. */
async function hashOf(source: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for (const name of (await readdir(source)).sort()) {
    if (name.endsWith('_test.go')) continue;
    const file = createHash('sha256').update(await readFile(join(source, name)));
    hash.update(`${file.digest('hex')}  ${name}\n`);
  }
  return hash.digest();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
