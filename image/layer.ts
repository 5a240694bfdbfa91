/** A layer: a gzipped tar of a directory, the same bytes for the same files wherever and whenever it is packed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';

/** One layer in the work directory. */
export interface Layer {
  readonly name: string;
  /** Path of the gzipped tar. */
  readonly path: string;
  /** Digest of the gzipped tar: what the manifest names. */
  readonly digest: string;
  /** Digest of the tar: what the image configuration names. */
  readonly diffId: string;
  /** Bytes of the gzipped tar. */
  readonly size: number;
}

/** How to build a layer: `key` identifies its inputs (the same key is the same layer), `fill` writes its files. */
export interface Recipe {
  readonly name: string;
  readonly key: string;
  /** Its content, for people to read. */
  readonly what: string;
  readonly fill: (directory: string) => Promise<void>;
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A key of inputs and of the source file that lays them out, so that a changed recipe is never taken from the cache. */
export async function keyOf(inputs: unknown, source: string): Promise<string> {
  const recipe = await readFile(source);
  return createHash('sha256').update(JSON.stringify(inputs)).update(recipe).digest('hex').slice(0, 24);
}

/** Looks a layer up in the work directory. */
export async function cached(work: string, name: string, key: string): Promise<Layer | undefined> {
  try {
    const facts: Pick<Layer, 'digest' | 'diffId' | 'size'> = JSON.parse(
      await readFile(join(work, 'layers', `${name}-${key}.json`), 'utf8'),
    );
    return { name, path: join(work, 'layers', `${name}-${key}.tar.gz`), ...facts };
  } catch {
    return undefined;
  }
}

/** Builds a layer, or takes it from the work directory. */
export async function layer(work: string, { name, key, fill }: Omit<Recipe, 'what'>): Promise<Layer> {
  const found = await cached(work, name, key);
  if (found !== undefined) return found;
  const layers = join(work, 'layers');
  const root = join(work, 'root', name);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await mkdir(layers, { recursive: true });
  await fill(root);

  const tar = join(layers, `${name}.tar`);
  const path = join(layers, `${name}-${key}.tar.gz`);
  await execa('tar', [
    '--create',
    '--format=posix',
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    '--sort=name',
    '--mtime=@0',
    '--numeric-owner',
    `--file=${tar}`,
    `--directory=${root}`,
    '.',
  ]);
  const diffId = `sha256:${await sha256(tar)}`;
  // gzip, not Node's zlib, whose output depends on the processor's instructions.
  await execa('gzip', ['--no-name', '--force', '-6', tar]);
  const digest = `sha256:${await sha256(`${tar}.gz`)}`;
  const { size } = await stat(`${tar}.gz`);
  await rename(`${tar}.gz`, path);
  await rm(root, { recursive: true, force: true });
  await writeFile(join(layers, `${name}-${key}.json`), `${JSON.stringify({ digest, diffId, size })}\n`);
  return { name, path, digest, diffId, size };
}
