import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import lock from '../../image/image.lock.json' with { type: 'json' };
import { findTool } from '../../test/tools.js';
import { packagesLike, unpackPackage } from './debian-package.js';

/** Variables of a process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Where Go is when it is not on PATH. */
const usual = ['/usr/local/go/bin', '/usr/lib/go/bin', '/opt/homebrew/bin'];

/**
 * Finds a Go that can build tools. One that is too old, or that is only taken out of a Debian package for this purpose, fetches a newer
 * Go as a module; nothing is installed.
 * @returns the environment for it, or undefined when Go cannot be had here
 */
export async function findGo(env: Env, progress: (text: string) => void): Promise<Env | undefined> {
  const path = [env.PATH ?? '', ...usual].join(delimiter);
  const found = findTool('go', path);
  if (found !== undefined && (await minorVersion(found, env)) >= firstWithToolchains) {
    // Without GOTOOLCHAIN, a distribution's Go may refuse modules that need a newer one.
    return { ...env, PATH: path, GOTOOLCHAIN: env.GOTOOLCHAIN ?? 'auto' };
  }
  progress('getting Go: it is not installed, or too old');
  const folder = await mkdtemp(join(tmpdir(), 'octopipeline-go-'));
  try {
    const go = found ?? (await goOfDebian(folder));
    if (go === undefined) return undefined;
    const GOROOT = found === undefined ? folder : undefined;
    const root = await downloadToolchain(go, { ...env, ...(GOROOT === undefined ? {} : { GOROOT }) });
    return { ...env, PATH: [join(root, 'bin'), env.PATH ?? ''].join(delimiter), GOTOOLCHAIN: 'local' };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Go 1.21 fetches the Go that a module needs. */
const firstWithToolchains = 21;

async function minorVersion(go: string, env: Env): Promise<number> {
  const { stdout } = await execa(go, ['version'], { env, extendEnv: false, cwd: tmpdir(), reject: false });
  return Number(/\bgo1\.(\d+)/u.exec(String(stdout))?.[1] ?? 0);
}

/** The program `go` of a Debian package, without the rest of it; undefined where there is no such package. */
async function goOfDebian(folder: string): Promise<string | undefined> {
  const names = await packagesLike('golang-1.');
  const minors = names.flatMap((name) => /^golang-1\.(\d+)-go$/u.exec(name)?.[1] ?? []).map(Number);
  if (minors.length === 0) return undefined;
  const newest = `1.${Math.max(...minors)}`;
  const unpacked = await unpackPackage(`golang-${newest}-go`, folder);
  return unpacked && join(unpacked, `usr/lib/go-${newest}/bin/go`);
}

/** The Go of the lock file as the module golang.org/toolchain, whose files are not executable. @returns its directory */
async function downloadToolchain(go: string, env: Env): Promise<string> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const module = `golang.org/toolchain@v0.0.1-${lock.go.toolchain}.${platform}`;
  const { stdout } = await execa(go, ['mod', 'download', '-json', module], { env, extendEnv: false, cwd: tmpdir() });
  const { Dir }: { Dir: string } = JSON.parse(stdout);
  const tools = join(Dir, 'pkg/tool', platform.replace('-', '_'));
  const programs = [...(await readdir(tools)).map((name) => join(tools, name)), join(Dir, 'bin/go')];
  for (const program of programs) await chmod(program, 0o755);
  return Dir;
}
