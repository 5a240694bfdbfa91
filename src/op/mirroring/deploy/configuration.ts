import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import { countOf } from '../../kit/log/format.js';
import type { ConfigMap, ConfigMaps } from '../../store/documents/config-maps.js';
import { mustConvert } from '../image-set/convert-file.js';
import { readValuesFiles, type ValuesFile } from '../image-set/image-set.js';
import { findingLine, imageSetOf, refusedValues } from '../image-set/of-values.js';
import { readValues } from '../image-set/values.js';
import { warnOf } from '../import/say.js';
import type { DeployRequest } from './options.js';

/** What oc-mirror is to copy, and where that comes from. */
export interface Configuration {
  readonly imageSet: string;
  readonly method: 'generated' | 'configmap';
  /** The values files, by the names of their keys; none when the ImageSet was taken as it is. */
  readonly values: Readonly<Record<string, string>>;
  /** For an annotation: the file or ConfigMap. */
  readonly source: string;
}

/**
 * The ImageSetConfiguration: of a ConfigMap, or made of values. @param configMaps of the workload's namespace
 * @throws OpError (input) for what is missing or wrong, and before anything was written
 */
export async function configurationOf(
  context: Context,
  configMaps: ConfigMaps,
  request: DeployRequest,
): Promise<Configuration> {
  const { imagesetConfigmap, valuesConfigmap, values, namespace } = request;
  if (imagesetConfigmap !== undefined) {
    const found = await mustFind(configMaps, imagesetConfigmap, namespace);
    const source = `ConfigMap ${imagesetConfigmap}`;
    const converted = mustConvert(`${source}, imageset.yaml`, keyOf(found, 'imageset.yaml', namespace));
    warnOf(context, source, converted.warnings);
    context.log.step(`take the ImageSetConfiguration from ${source}`);
    return { imageSet: converted.text, method: 'configmap', values: {}, source };
  }
  const files =
    valuesConfigmap === undefined
      ? await readInside(context, request)
      : filesOf(await mustFind(configMaps, valuesConfigmap, namespace), namespace);
  const read = files.map(({ name, content }) => readValues(name, content));
  const unread = read.flatMap((one) => ('problems' in one ? one.problems : []));
  if (unread.length > 0) throw refusedValues(unread);
  const made = imageSetOf(
    read.flatMap((one) => ('problems' in one ? [] : one)),
    request,
  );
  for (const one of made.problems) context.log.warn(findingLine(one));
  context.log.step(`make the ImageSetConfiguration: ${made.summary}, of ${countOf(files.length, 'values file')}`);
  return {
    imageSet: made.text,
    method: 'generated',
    values: Object.fromEntries(files.map((file) => [keyNameOf(file, files.length), file.content])),
    source: valuesConfigmap === undefined ? mustName(values) : `ConfigMap ${valuesConfigmap}`,
  };
}

/** A repository may have links to anything that this pod can read: they are not followed out of it. */
async function readInside(
  context: Context,
  { values, valuesDirectory }: DeployRequest,
): Promise<readonly ValuesFile[]> {
  const cwd = resolve(context.cwd, valuesDirectory);
  const root = await realpath(cwd).catch(() => cwd);
  return await readValuesFiles({ ...context, cwd: root }, [mustName(values)], async (path) => {
    const real = await realpath(resolve(root, path)).catch(() => undefined);
    if (real === undefined || (within(root, real) && (await stat(real)).isFile())) return;
    throw refusedError({
      what: `${path} is not read`,
      why: 'it is a link out of the repository, or no file',
      hint: 'name a file of the repository, or a directory of files',
    });
  });
}

function mustName(values: string | undefined): string {
  if (values !== undefined) return values;
  throw usageError({
    what: 'op mirror deploy needs an ImageSetConfiguration',
    why: 'neither --values, --values-configmap nor --imageset-configmap was given',
    hint: "name AutoShift's values, such as --values=autoshift/values.hub.yaml",
  });
}

async function mustFind(configMaps: ConfigMaps, name: string, namespace: string): Promise<ConfigMap> {
  const found = await configMaps.get(name);
  if (found !== undefined) return found;
  throw inputError({
    what: `there is no ConfigMap ${name} in namespace ${namespace}`,
    why: 'it was named as what to copy',
    hint: `create it: kubectl create configmap ${name} --from-file=imageset.yaml --namespace ${namespace}`,
  });
}

function keyOf({ name, data }: ConfigMap, key: string, namespace: string): string {
  const text = data[key];
  if (text !== undefined && text.trim() !== '') return text;
  const keys = Object.keys(data);
  throw inputError({
    what: `ConfigMap ${name} in namespace ${namespace} has no ${key}`,
    why: keys.length === 0 ? 'it has no data' : `its keys are ${keys.join(', ')}`,
    hint: `give the configuration this key: kubectl create configmap ${name} --from-file=${key}=FILE`,
  });
}

function filesOf({ name, data }: ConfigMap, namespace: string): readonly ValuesFile[] {
  const files = Object.entries(data).filter(([key]) => /\.ya?ml$/u.test(key));
  if (files.length > 0) return files.map(([key, content]) => ({ name: `${name}/${key}`, content }));
  throw inputError({
    what: `ConfigMap ${name} in namespace ${namespace} has no values files`,
    why: 'none of its keys ends in .yaml',
    hint: 'create it with --from-file=FILE for each values file of AutoShift',
  });
}

/** One file is `values.yaml`; several keep their names, with those of their directories, since a key has no slash. */
function keyNameOf({ name }: ValuesFile, count: number): string {
  if (count === 1) return 'values.yaml';
  return name
    .split('/')
    .slice(-2)
    .join('.')
    .replace(/[^\w.-]/gu, '_');
}
