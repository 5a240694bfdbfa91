import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import { entryOf, within } from '../../op/kit/files/path.js';
import type { KeyToPath, Projection } from '../../tekton/wire/pod.js';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import type { BoundWorkspace, LocalProblem } from '../contract.js';
import type { LocalObject } from '../documents/read.js';
import type { Home } from './home.js';

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
      await writeKeys(own, Object.entries(keys));
      made[name] = own;
    }
    return made;
  };
  return { configMaps: await write('configMaps'), secrets: await write('secrets') };
}

async function writeKeys(directory: string, keys: readonly (readonly [string, string])[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [path, content] of keys) {
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

interface Source {
  readonly kind: keyof ObjectFiles;
  readonly name: string;
  readonly optional: boolean;
  readonly items: readonly KeyToPath[] | undefined;
}

type Volume = NonNullable<WireTaskSpec['volumes']>[number];

/** The ConfigMaps and Secrets of which a volume is made; a token for a cluster, and what proves that cluster to be itself, is none. */
function projectedIn(volume: Volume): readonly Source[] {
  if (!('projected' in volume)) return [];
  const { sources = [] } = volume.projected;
  const withToken = sources.some((source) => 'serviceAccountToken' in source);
  return sources.flatMap((source) => toSource(source)).filter(({ name }) => !(withToken && name === rootCertificates));
}

/** The ConfigMap that Kubernetes keeps in every namespace: the certificate authority of its API server. */
const rootCertificates = 'kube-root-ca.crt';

function toSource(source: Projection): readonly Source[] {
  if ('serviceAccountToken' in source) return [];
  const [kind, { name, items, optional = false }] =
    'secret' in source ? (['secrets', source.secret] as const) : (['configMaps', source.configMap] as const);
  return [{ kind, name, optional, items }];
}

/** The ConfigMap or Secret that a volume is. */
function sourceOf(volume: Volume): Source | undefined {
  if ('configMap' in volume) {
    const { name, items, optional = false } = volume.configMap;
    return { kind: 'configMaps', name, optional, items };
  }
  if (!('secret' in volume)) return undefined;
  const { secretName, items, optional = false } = volume.secret;
  return { kind: 'secrets', name: secretName, optional, items };
}

const claimOf = (volume: object): string | undefined => {
  if (!('persistentVolumeClaim' in volume)) return undefined;
  const { persistentVolumeClaim: claim } = volume;
  const named = typeof claim === 'object' && claim !== null && 'claimName' in claim ? claim.claimName : undefined;
  return typeof named === 'string' ? named : undefined;
};

/** Volumes and variables of a Task for which there is no object. */
export function missingObjects(spec: WireTaskSpec, files: ObjectFiles): readonly LocalProblem[] {
  const missing = (path: string, kind: keyof ObjectFiles, name: string): LocalProblem[] => {
    if (name.includes('$(') || Object.hasOwn(files[kind], name)) return [];
    const word = kind === 'secrets' ? 'Secret' : 'ConfigMap';
    return [{ path, what: `there is no ${word} ${name}`, hint: `give the ${word} as a document with -f FILE` }];
  };
  const volumes = (spec.volumes ?? []).flatMap((volume, index) => {
    const source = sourceOf(volume);
    return [...(source === undefined ? [] : [source]), ...projectedIn(volume)]
      .filter(({ optional }) => !optional)
      .flatMap(({ kind, name }) => missing(`spec.volumes[${index}]`, kind, name));
  });
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

/** The directories for the volumes of a TaskRun that are ConfigMaps, Secrets or claims. */
export async function volumesFor(
  spec: WireTaskSpec,
  files: ObjectFiles,
  made: ObjectDirectories,
  home: Home,
  into: string,
): Promise<Readonly<Record<string, BoundWorkspace>>> {
  const volumes: Record<string, BoundWorkspace> = {};
  for (const volume of spec.volumes ?? []) {
    const source = sourceOf(volume);
    const claim = claimOf(volume);
    if (claim !== undefined) {
      const directory = entryOf(home.claims, claim);
      await mkdir(directory, { recursive: true });
      volumes[volume.name] = { directory, readOnly: false, secret: false };
    }
    if ('projected' in volume) {
      const sources = projectedIn(volume);
      const directory = entryOf(into, volume.name);
      await writeKeys(
        directory,
        sources.flatMap((one) => keysOf(one, files)),
      );
      volumes[volume.name] = { directory, readOnly: true, secret: sources.some(({ kind }) => kind === 'secrets') };
    }
    if (source === undefined) continue;
    const { kind, name, items } = source;
    let directory = made[kind][name];
    if (directory === undefined || items !== undefined) {
      directory = entryOf(into, volume.name);
      await writeKeys(directory, keysOf(source, files));
    }
    volumes[volume.name] = { directory, readOnly: true, secret: kind === 'secrets' };
  }
  return volumes;
}

/** The files of a ConfigMap or Secret in a volume: its keys, or those that the volume asks for. */
function keysOf({ kind, name, items }: Source, files: ObjectFiles): readonly (readonly [string, string])[] {
  const keys = files[kind][name] ?? {};
  return items === undefined ? Object.entries(keys) : items.map(({ key, path }) => [path, keys[key] ?? ''] as const);
}
