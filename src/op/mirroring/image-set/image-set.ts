import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError, usageError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { readInput, writeResult } from '../import/files.js';
import { warnOf } from '../import/say.js';
import { imageSetOfConfigMap } from './config-map.js';
import { mustConvert } from './convert-file.js';
import { findingLine, imageSetOf, refusedValues } from './of-values.js';
import type { ImageSetRequest } from './options.js';
import { readValues } from './values.js';

/**
 * `op mirror image-set`: writes the ImageSetConfiguration of AutoShift's clusters, or takes it from a ConfigMap.
 * @throws OpError (usage), (input) when there is nothing to copy, or with `strict` for whatever would be left out
 */
export async function imageSet(context: Context, request: ImageSetRequest): Promise<void> {
  checkFlags(request);
  if (request.configMap !== undefined) return await fromConfigMap(context, request, request.configMap);
  const files = await readValuesFiles(context, request.values);
  const read = files.map(({ name, content }) => readValues(name, content));
  const unread = read.flatMap((one) => ('problems' in one ? one.problems : []));
  if (unread.length > 0) throw refusedValues(unread);
  const labelled = read.flatMap((one) => ('problems' in one ? [] : one));
  const { text, problems, summary, packages } = imageSetOf(labelled, request);
  await writeResult(context, request, text);
  for (const one of problems) context.log.warn(findingLine(one));
  if (packages === 0 && !request.openshiftOnly) context.log.warn('no operator is on: only OpenShift itself is copied');
  context.log.step(`${summary}, of ${countOf(files.length, 'values file')}`);
}

/** A values file of AutoShift. */
export interface ValuesFile {
  readonly name: string;
  readonly content: string;
}

/** Reads values files, and those of directories. @param check looks at each path before it is read @throws OpError (input) */
export async function readValuesFiles(
  context: Context,
  paths: readonly string[],
  check: (path: string) => Promise<void> = async () => {},
): Promise<readonly ValuesFile[]> {
  const files = (await Promise.all(paths.map((path) => filesOf(context, path)))).flat();
  for (const file of files) await check(file);
  return await Promise.all(files.map(async (name) => ({ name, content: await readInput(context, name) })));
}

async function fromConfigMap(context: Context, request: ImageSetRequest, file: string): Promise<void> {
  const content = imageSetOfConfigMap(file, await readInput(context, file), request.key);
  const name = `${file}, ${request.key}`;
  const converted = mustConvert(name, content);
  await writeResult(context, request, converted.text);
  warnOf(context, name, converted.warnings);
  context.log.step(`took the configuration from ${name}`);
}

function checkFlags({
  values,
  configMap,
  operatorsOnly,
  openshiftOnly,
  openshiftVersion,
  strict,
}: ImageSetRequest): void {
  const wrong = (what: string, why: string, hint: string): OpError => usageError({ what, why, hint });
  if ((values.length === 0) === (configMap === undefined)) {
    throw wrong(
      'op mirror image-set needs --values or --config-map',
      values.length === 0 ? 'neither was given' : 'both were given',
      "name AutoShift's values files, such as --values=autoshift/values",
    );
  }
  if (operatorsOnly && openshiftOnly)
    throw wrong(
      '--operators-only and --openshift-only exclude each other',
      'nothing would be left',
      'give one of them',
    );
  if (openshiftVersion !== undefined && !/^\d{1,3}\.\d{1,4}(?:\.\d{1,4})?$/u.test(openshiftVersion)) {
    throw wrong(
      '--openshift-version is not a version',
      `"${oneLine(openshiftVersion)}" is not X.Y or X.Y.Z`,
      'write, for example, --openshift-version=4.20',
    );
  }
  if (configMap !== undefined && (operatorsOnly || openshiftOnly || openshiftVersion !== undefined || strict)) {
    throw wrong(
      '--config-map takes the configuration as it is',
      'the other options say how to make one',
      'leave them out, or give --values',
    );
  }
}

/** A file, or the values files of a directory in the order of their names. */
async function filesOf({ cwd }: Pick<Context, 'cwd'>, path: string): Promise<readonly string[]> {
  const found = await stat(resolve(cwd, path)).catch(() => undefined);
  if (found?.isDirectory() !== true) return [path];
  const inside = await Promise.all(
    ['.', 'clustersets', 'clusters'].map(async (folder) => {
      const names = await readdir(resolve(cwd, path, folder)).catch(() => []);
      return names
        .filter((name) => /^[^_.].*\.ya?ml$/u.test(name))
        .toSorted()
        .map((name) => join(path, folder, name));
    }),
  );
  const files = inside.flat();
  if (files.length > 0) return files;
  throw inputError({
    what: `${path} has no values files`,
    why: 'it has no *.yaml, and neither have clustersets and clusters in it',
    hint: 'name the directory that AutoShift calls autoshift/values',
  });
}
