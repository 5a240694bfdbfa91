/** `image.lock.json`: every input of the images with its hash, and the resulting digests. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DebianPackage } from './debian.js';
import type { BuiltTool } from './go-tools.js';

/** What went into one image. */
export interface LockedImage {
  /** Reference without digest, as `dist/` names it: `ghcr.io/octopilot/octopipeline:0.1.0`. */
  readonly image: string;
  /** Digest of the image manifest, `sha256:…`. */
  readonly digest: string;
  readonly go: { readonly tools: readonly BuiltTool[] };
  readonly debian: { readonly packages: readonly DebianPackage[] };
}

/** The image of every step, and the optional buildkitd. */
export interface Lock extends LockedImage {
  /** Hash of the op bundle. */
  readonly op: { readonly sha256: string };
  readonly node: { readonly package: string; readonly version: string; readonly integrity: string };
  readonly go: { readonly toolchain: string; readonly tools: readonly BuiltTool[] };
  readonly debian: { readonly suite: string; readonly packages: readonly DebianPackage[] };
  readonly buildkitd: LockedImage;
}

const lockFile = fileURLToPath(new URL('image.lock.json', import.meta.url));

/** The lock, or undefined when it does not exist yet. */
export async function readLock(file = lockFile): Promise<Lock | undefined> {
  try {
    const lock: Lock = JSON.parse(await readFile(file, 'utf8'));
    return lock;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function writeLock(lock: Lock, file = lockFile): Promise<void> {
  await writeFile(`${file}.part`, `${JSON.stringify(lock, null, 2)}\n`);
  await rename(`${file}.part`, file);
}

/** What differs between the lock and a build, one short phrase each; empty when the digests must be the same. */
export function differences(locked: Lock, built: Lock): readonly string[] {
  const all = [
    ...packageDifferences(locked.debian.packages, built.debian.packages),
    ...packageDifferences(locked.buildkitd.debian.packages, built.buildkitd.debian.packages),
    ...(locked.node.integrity === built.node.integrity
      ? []
      : [`Node.js is ${built.node.version}, locked ${locked.node.version}`]),
    ...(locked.go.toolchain === built.go.toolchain
      ? []
      : [`Go is ${built.go.toolchain}, locked ${locked.go.toolchain}`]),
    ...toolDifferences(locked.go.tools, built.go.tools),
    ...toolDifferences(locked.buildkitd.go.tools, built.buildkitd.go.tools),
    ...(locked.op.sha256 === built.op.sha256 ? [] : ['op itself changed']),
  ];
  // Most packages are in both images.
  return [...new Set(all)];
}

function packageDifferences(locked: readonly DebianPackage[], built: readonly DebianPackage[]): string[] {
  const before = new Map(locked.map((deb) => [deb.name, deb]));
  const after = new Set(built.map(({ name }) => name));
  const moved = built.filter(({ name, sha256 }) => before.get(name)?.sha256 !== sha256);
  const gone = locked.filter(({ name }) => !after.has(name));
  return [
    ...moved.map(
      ({ name, version }) => `Debian's ${name} is ${version}, locked ${before.get(name)?.version ?? 'not at all'}`,
    ),
    ...gone.map(({ name }) => `Debian's ${name} is gone`),
  ];
}

function toolDifferences(locked: readonly BuiltTool[], built: readonly BuiltTool[]): string[] {
  return built
    .filter((tool) => JSON.stringify(tool) !== JSON.stringify(locked.find(({ name }) => name === tool.name)))
    .map(({ name, version }) => `${name} ${version} was built differently`);
}
