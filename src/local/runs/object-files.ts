import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { entryOf, within } from '../../op/kit/files/path.js';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import type { BoundWorkspace, LocalProblem } from '../contract.js';
import type { LocalObject } from '../documents/read.js';
import type { Home } from './home.js';
import { type KeySource, keySources, missingKeys, shownFiles } from './key-sources.js';

/** The keys of ConfigMaps and Secrets by the object's name, each in Base64. */
export interface ObjectFiles {
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What the documents say. Source: Kubernetes core/v1, ConfigMap and Secret. */
export function filesOfObjects(objects: readonly LocalObject[]): ObjectFiles {
  const of = (wanted: string, plain: string, coded: string) =>
    Object.fromEntries(
      objects
        .filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === wanted)
        .map(({ name, value }) => [
          name,
          {
            ...texts(value[coded], (text) => text.replaceAll(/\s/gu, '')),
            ...texts(value[plain], (text) => Buffer.from(text).toString('base64')),
          },
        ]),
    );
  return { configMaps: of('ConfigMap', 'data', 'binaryData'), secrets: of('Secret', 'stringData', 'data') };
}

function texts(value: unknown, code: (text: string) => string): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, code(`${text}`)]));
}

/** Directories with the keys as files, by the object's name. */
export interface ObjectDirectories {
  readonly configMaps: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Writes the keys as files that only this user can read. */
export async function writeObjectFiles(directory: string, files: ObjectFiles): Promise<ObjectDirectories> {
  const write = async (kind: keyof ObjectFiles) => {
    const made: Record<string, string> = {};
    for (const [name, keys] of Object.entries(files[kind])) {
      const own = entryOf(join(directory, kind), name);
      await writeContents(own, keys);
      made[name] = own;
    }
    return made;
  };
  return { configMaps: await write('configMaps'), secrets: await write('secrets') };
}

/** Writes what a volume shows into a directory of its own. */
export async function writeKeys(directory: string, sources: readonly KeySource[], files: ObjectFiles): Promise<void> {
  await writeContents(directory, shownFiles(sources, files));
}

async function writeContents(directory: string, keys: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(keys)) {
    const file = join(directory, path);
    if (file === directory || !within(directory, file)) throw outside(path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.from(content, 'base64'), { mode: 0o600 });
  }
}

const outside = (path: string) =>
  inputError({
    what: `the path ${path} of a key leads out of its volume`,
    why: 'Kubernetes refuses it',
    hint: 'use a relative path without ".."',
  });

/** The claim of a volume. */
export const claimOf = (volume: object): string | undefined => {
  if (!('persistentVolumeClaim' in volume)) return undefined;
  const { persistentVolumeClaim: claim } = volume;
  const named = typeof claim === 'object' && claim !== null && 'claimName' in claim ? claim.claimName : undefined;
  return typeof named === 'string' ? named : undefined;
};

/** Volumes and variables of a Task for which there is no object. */
export function missingObjects(spec: WireTaskSpec, files: ObjectFiles): readonly LocalProblem[] {
  const volumes = (spec.volumes ?? []).flatMap((volume, index) =>
    missingKeys(`spec.volumes[${index}]`, keySources(volume), files),
  );
  const missing = (path: string, kind: keyof ObjectFiles, name: string) =>
    missingKeys(path, [{ kind, name, optional: false, items: undefined }], files);
  const variables = spec.steps.flatMap(({ env = [] }, step) =>
    env.flatMap(({ valueFrom }, index) => {
      if (valueFrom === undefined) return [];
      const path = `spec.steps[${step}].env[${index}].valueFrom`;
      if ('secretKeyRef' in valueFrom && !valueFrom.secretKeyRef.optional) {
        return missing(path, 'secrets', valueFrom.secretKeyRef.name);
      }
      if (!('configMapKeyRef' in valueFrom) || valueFrom.configMapKeyRef.optional) return [];
      return missing(path, 'configMaps', valueFrom.configMapKeyRef.name);
    }),
  );
  return [...volumes, ...variables];
}

/** The directories for the volumes of a TaskRun that are ConfigMaps, Secrets, both together, or claims. */
export async function volumesFor(
  volumes: WireTaskSpec['volumes'],
  files: ObjectFiles,
  home: Home,
  into: string,
): Promise<Readonly<Record<string, BoundWorkspace>>> {
  const made: Record<string, BoundWorkspace> = {};
  for (const volume of volumes ?? []) {
    const sources = keySources(volume);
    const claim = claimOf(volume);
    if (claim !== undefined) {
      const directory = entryOf(home.claims, claim);
      await mkdir(directory, { recursive: true });
      made[volume.name] = { directory, readOnly: false, secret: false };
    } else if (sources.length > 0 || 'projected' in volume) {
      const directory = entryOf(into, volume.name);
      await writeKeys(directory, sources, files);
      made[volume.name] = { directory, readOnly: true, secret: sources.some(({ kind }) => kind === 'secrets') };
    }
  }
  return made;
}
