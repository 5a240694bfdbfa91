/** The tools layer: commands built from Go modules by `go-tool`, or from this repository, with the hashes that pin what they were built from. */
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { BuildError } from './error.js';
import type { GoTool } from './inputs.js';
import { keyOf, type Recipe, sha256 } from './layer.js';
import { type OwnGoTool, ownGoTool, sumOf } from './own-go-tool.js';

const source = fileURLToPath(import.meta.url);

/**
 * A built command: `sum` is the module's h1 hash, `dependencies` the sha256 of the modules that are linked into it, with versions and h1
 * hashes, as `go version -m` prints them.
 */
export interface BuiltTool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly sum: string;
  readonly dependencies: string;
  readonly sha256: string;
}

/** Path of a tool on this machine, built when it is not yet there. */
export async function goTool(tool: GoTool): Promise<string> {
  const program = join(dirname(source), 'go-tool');
  const result = await execa(program, [`${tool.module}@${tool.version}`, tool.package, tool.ldflags, tool.name], {
    reject: false,
    stderr: ['inherit', 'pipe'],
  });
  if (result.failed) {
    throw new BuildError(
      `building ${tool.name} ${tool.version} failed`,
      result.stderr.trim().split('\n').at(-1) ?? '',
      `run ${program} ${tool.module}@${tool.version} ${tool.package}`,
    );
  }
  return result.stdout.trim();
}

export async function goToolchain(): Promise<string> {
  const { stdout } = await execa('go', ['env', 'GOVERSION']);
  return stdout.trim();
}

/** Builds the tools of an image, and says how they become its layer. */
export async function buildTools(
  tools: readonly (GoTool | OwnGoTool)[],
): Promise<{ readonly built: readonly BuiltTool[]; readonly recipe: Recipe }> {
  const built: BuiltTool[] = [];
  const paths = new Map<string, string>();
  for (const tool of tools) {
    const path = 'source' in tool ? await ownGoTool(tool) : await goTool(tool);
    paths.set(tool.name, path);
    built.push({
      name: tool.name,
      module: tool.module,
      version: tool.version,
      sum: 'source' in tool ? await sumOf(tool) : await moduleSum(tool),
      dependencies: await dependencies(path),
      sha256: await sha256(path),
    });
  }
  const what = built.map(({ name, version }) => `${name} ${version}`).join(', ');
  const recipe = {
    name: 'tools',
    key: await keyOf(built, source),
    what,
    fill: (root: string) => fillTools(root, paths),
  };
  return { built, recipe };
}

async function moduleSum({ module, version }: GoTool): Promise<string> {
  const { stdout } = await execa('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: '/' });
  const { Sum }: { Sum: string } = JSON.parse(stdout);
  return Sum;
}

async function dependencies(path: string): Promise<string> {
  const { stdout } = await execa('go', ['version', '-m', path]);
  const modules = stdout.split('\n').filter((line) => /^\t(dep|=>)\t/.test(line));
  return createHash('sha256').update(modules.join('\n')).digest('hex');
}

async function fillTools(root: string, paths: ReadonlyMap<string, string>): Promise<void> {
  const bin = join(root, 'usr/local/bin');
  await mkdir(bin, { recursive: true });
  for (const [name, path] of paths) {
    await cp(path, join(bin, name));
    await chmod(join(bin, name), 0o755);
  }
}
