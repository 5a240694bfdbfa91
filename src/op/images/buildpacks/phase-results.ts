import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { readUntrusted } from './files/untrusted-files.js';
import { readOwnToml } from './specification/toml.js';

const reportShape = v.looseObject({ image: v.looseObject({ digest: v.optional(v.string()) }) });
const metadataShape = v.looseObject({
  processes: v.optional(v.array(v.looseObject({ type: v.string() })), []),
});
const element = v.looseObject({ id: v.string(), version: v.optional(v.string(), '') });
const groupShape = v.looseObject({
  group: v.optional(v.array(element), []),
  'group-extensions': v.optional(v.array(element), []),
});

/** The digest that the exporter pushed. */
export async function readReport(path: string): Promise<string> {
  const text = await readUntrusted(path);
  const digest = text === undefined ? undefined : readOwnToml('report.toml', text, reportShape).image.digest;
  if (digest !== undefined && /^sha256:[0-9a-f]{64}$/u.test(digest)) return digest;
  throw toolError({
    what: 'the digest of the image is unknown',
    why: `the exporter wrote ${text === undefined ? 'no report' : 'no digest'} to ${path}`,
    hint: 'run again with --debug; if it fails again, report it to octopipeline',
  });
}

/** The buildpacks that detect chose, as ID@VERSION. @throws OpError (input) for an image extension, which needs root */
export async function readGroup(layers: string, builder: string): Promise<readonly string[]> {
  const text = await readUntrusted(join(layers, 'group.toml'));
  const read = text === undefined ? undefined : readOwnToml('group.toml', text, groupShape);
  const [extension] = read?.['group-extensions'] ?? [];
  if (extension !== undefined) throw needsRoot(builder, extension.id);
  return (read?.group ?? []).map(({ id, version }) => `${id}@${version}`);
}

/** The process types of the image. */
export async function readProcesses(layers: string): Promise<readonly string[]> {
  const text = await readUntrusted(join(layers, 'config/metadata.toml'));
  const { processes } = text === undefined ? { processes: [] } : readOwnToml('metadata.toml', text, metadataShape);
  return [...new Set(processes.map(({ type }) => type))];
}

/** @throws OpError (input) if the image does not have the default process */
export function checkDefault(image: string, process: string | undefined, processes: readonly string[]): void {
  if (process === undefined || processes.includes(process)) return;
  throw inputError({
    what: `${image} has no process ${process}`,
    why: `its buildpacks created ${processes.join(', ') || 'none'}`,
    hint: 'use one of these with --default-process, or leave it out',
  });
}

/** How many layers the build added, and how many of them the registry already had. Source: the output of the exporter. */
export function countLayers(lines: readonly string[]): { readonly layers: number; readonly reused: number } {
  let [added, reused] = [0, 0];
  for (const line of lines) {
    if (/^Adding layer '/u.test(line)) added += 1;
    if (/^Reusing layer '/u.test(line)) reused += 1;
    added += Number(/^Added (\d+)\/\d+ app layer/u.exec(line)?.[1] ?? 0);
    reused += Number(/^Reused (\d+)\/\d+ app layer/u.exec(line)?.[1] ?? 0);
  }
  return { layers: added + reused, reused };
}

/**
 * Copies the bills of materials of buildpacks to DIRECTORY/IMAGE/build/… and launch/…, replacing those of an earlier build.
 * @throws OpError (input) if there is anything else, such as sources
 */
export async function keepSboms(layers: string, image: string, directory: string): Promise<void> {
  for (const kind of ['build', 'launch']) {
    const to = join(directory, image.replaceAll('/', '_'), kind);
    const other = await notAnSbom(to);
    if (other !== undefined) throw inTheWay(image, other);
    await rm(to, { recursive: true, force: true });
    await copyFiles(join(layers, 'sbom', kind), to);
  }
}

/** Source: buildpacks/spec, platform.md, and buildpack.md, "Bill-of-Materials". */
const isSbom = (name: string) => /\bsbom(?:\.[a-z]+)?\.json$/u.test(name);

/** The first path that is neither a bill of materials nor a directory of them. */
async function notAnSbom(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || (found.isFile() && isSbom(path))) return undefined;
  if (!found.isDirectory()) return path;
  for (const name of await readdir(path)) {
    const other = await notAnSbom(join(path, name));
    if (other !== undefined) return other;
  }
  return undefined;
}

/** Files only: a link could lead its next reader to another file. */
async function copyFiles(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) await copyFiles(join(from, entry.name), join(to, entry.name));
    if (!entry.isFile() || !isSbom(entry.name)) continue;
    await mkdir(to, { recursive: true });
    await copyFile(join(from, entry.name), join(to, entry.name));
  }
}

const inTheWay = (image: string, path: string) =>
  inputError({
    what: `cannot write the bills of materials of ${image}`,
    why: `${path} is not a bill of materials: op replaces those of an earlier build, and deletes nothing else`,
    hint: 'use --sbom-output with a directory that has no other files',
  });

const needsRoot = (builder: string, extension: string) =>
  inputError({
    what: `cannot build with the builder ${builder}`,
    why: `its image extension ${extension} applies, but its Dockerfile needs root`,
    hint: 'use a builder without image extensions, or build with a Dockerfile',
  });
