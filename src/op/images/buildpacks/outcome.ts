import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { readShared } from './read-shared.js';
import { readOwnToml } from './toml.js';

const reportShape = v.looseObject({ image: v.looseObject({ digest: v.optional(v.string()) }) });
const metadataShape = v.looseObject({
  processes: v.optional(v.array(v.looseObject({ type: v.string() })), []),
});
const element = v.looseObject({ id: v.string(), version: v.optional(v.string(), '') });
const groupShape = v.looseObject({
  group: v.optional(v.array(element), []),
  'group-extensions': v.optional(v.array(element), []),
});

/** The digest that the exporter has pushed. */
export async function readReport(path: string): Promise<string> {
  const text = await readShared(path);
  const digest = text === undefined ? undefined : readOwnToml('report.toml', text, reportShape).image.digest;
  if (digest !== undefined && /^sha256:[0-9a-f]{64}$/u.test(digest)) return digest;
  throw toolError({
    what: 'cannot tell the digest of the image',
    why: `the exporter left ${text === undefined ? 'no report' : 'none'} in ${path}`,
    hint: 'run it again with --debug; if it repeats, report it to octopipeline',
  });
}

/** The buildpacks that detect has chosen, as ID@VERSION. @throws OpError (input) for what needs more rights than a build has */
export async function readGroup(layers: string, builder: string): Promise<readonly string[]> {
  const text = await readShared(join(layers, 'group.toml'));
  const read = text === undefined ? undefined : readOwnToml('group.toml', text, groupShape);
  const [extension] = read?.['group-extensions'] ?? [];
  if (extension !== undefined) throw needsRoot(builder, extension.id);
  return (read?.group ?? []).map(({ id, version }) => `${id}@${version}`);
}

/** The process types of the image. */
export async function readProcesses(layers: string): Promise<readonly string[]> {
  const text = await readShared(join(layers, 'config/metadata.toml'));
  const { processes } = text === undefined ? { processes: [] } : readOwnToml('metadata.toml', text, metadataShape);
  return [...new Set(processes.map(({ type }) => type))];
}

/** @throws OpError (input) when the default process is none of the image's */
export function checkDefault(image: string, wanted: string | undefined, processes: readonly string[]): void {
  if (wanted === undefined || processes.includes(wanted)) return;
  throw inputError({
    what: `${image} has no process ${wanted}`,
    why: `its buildpacks made ${processes.join(', ') || 'none'}`,
    hint: 'name one of these with --default-process, or leave it out',
  });
}

/** How many layers op's part of an image has, and how many of them were in the registry already. Source: the exporter's lines. */
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
 * Copies the bills of materials of buildpacks: DIRECTORY/IMAGE/build/… and launch/… What an earlier build left there is taken away.
 * @throws OpError (input) when there is something else, such as sources
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

/** The first path that is no bill of materials, nor a directory of them. */
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

/** Files only: a link would lead its next reader somewhere else. */
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
    what: `cannot put the bills of materials of ${image} into its directory`,
    why: `${path} is there, and it is none: what an earlier build left is replaced, and nothing else is taken away`,
    hint: 'name a directory with --sbom-output that holds nothing else',
  });

const needsRoot = (builder: string, extension: string) =>
  inputError({
    what: `cannot build with the builder ${builder}`,
    why: `its image extension ${extension} applies, and its Dockerfile could only be run by root`,
    hint: 'take a builder without image extensions, or build with a Dockerfile',
  });
