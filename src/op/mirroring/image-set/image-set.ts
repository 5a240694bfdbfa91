import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError, usageError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import type { RequestOf } from '../../kit/options/option.js';
import { oneFile, readInput, writeResult } from '../import/files.js';
import type { outputFileOptions } from '../import/options.js';
import { problemLines, warnOf } from '../import/say.js';
import { imageSetOfConfigMap } from './config-map.js';
import { type Converted, convertImageSet } from './convert.js';
import { generateImageSet } from './generate.js';
import { findOperators } from './operators.js';
import type { ImageSetRequest } from './options.js';
import { type Finding, type Labelled, readValues } from './values.js';

/** `op mirror convert`: an ImageSetConfiguration of v1alpha2 as v2alpha1. @throws OpError (usage), (input) with every line that cannot be */
export async function convertFile(
  context: Context,
  request: RequestOf<typeof outputFileOptions>,
  words: readonly string[],
): Promise<void> {
  const file = oneFile('op mirror convert', words);
  const converted = mustConvert(file, await readInput(context, file));
  await writeResult(context, request, converted.text);
  warnOf(context, file, converted.warnings);
  context.log.step(
    converted.from === 'v2alpha1' ? `${file} is v2alpha1 already, and valid` : `converted ${file} to v2alpha1`,
  );
}

function mustConvert(file: string, content: string): Converted {
  const converted = convertImageSet(content);
  if (!('problems' in converted)) return converted;
  throw inputError({
    what: `${file} cannot be converted: ${countOf(converted.problems.length, 'problem')}`,
    why: problemLines(file, converted.problems),
    hint: 'change these lines; docs/mirroring.md says what v2alpha1 does not have',
  });
}

/**
 * `op mirror image-set`: writes the ImageSetConfiguration of AutoShift's clusters, or takes it from a ConfigMap.
 * @throws OpError (usage), (input) when there is nothing to copy, or with `strict` for whatever would be left out
 */
export async function imageSet(context: Context, request: ImageSetRequest): Promise<void> {
  checkFlags(request);
  if (request.configMap !== undefined) return await fromConfigMap(context, request, request.configMap);
  const files = (await Promise.all(request.values.map((path) => filesOf(context, path)))).flat();
  const read = await Promise.all(files.map(async (file) => readValues(file, await readInput(context, file))));
  const unread = read.flatMap((one) => ('problems' in one ? one.problems : []));
  if (unread.length > 0) throw refusedValues(unread);
  const labelled = read.flatMap((one) => ('problems' in one ? [] : one));
  const { text, problems, summary, packages } = imageSetOf(labelled, request);
  await writeResult(context, request, text);
  for (const one of problems) context.log.warn(findingLine(one));
  if (packages === 0 && !request.openshiftOnly) context.log.warn('no operator is on: only OpenShift itself is copied');
  context.log.step(`${summary}, of ${countOf(files.length, 'values file')}`);
}

/** The same for values that were read. @throws OpError (input) */
export function imageSetOf(
  labelled: readonly Labelled[],
  {
    strict,
    operatorsOnly,
    openshiftOnly,
    openshiftVersion,
  }: Pick<ImageSetRequest, 'strict' | 'operatorsOnly' | 'openshiftOnly' | 'openshiftVersion'>,
): {
  readonly text: string;
  readonly problems: readonly Finding[];
  readonly summary: string;
  readonly packages: number;
} {
  const found = findOperators(labelled);
  const { operators, versions } = found;
  const unversioned =
    openshiftVersion === undefined
      ? labelled
          .filter(({ isCluster, labels }) => !isCluster && (labels.get('openshift-version')?.text ?? '') === '')
          .map(
            ({ file, line, name }): Finding => ({
              file,
              line,
              path: `${name}.labels`,
              what: 'has no openshift-version: what other sets have counts',
            }),
          )
      : [];
  const problems = [...found.problems, ...unversioned].toSorted((one, other) =>
    one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1,
  );
  if (strict && problems.length > 0) throw refusedValues(problems);
  const nothing = (what: string, hint: string) =>
    inputError({ what, why: problems.length === 0 ? 'no label says so' : problems.map(findingLine).join('\n'), hint });
  if (versions.length === 0 && openshiftVersion === undefined) {
    throw nothing(
      'no OpenShift version is known',
      "add the label openshift-version: 'X.Y.Z' to a cluster set, or give --openshift-version",
    );
  }
  if (operators.length === 0 && (operatorsOnly || (strict && !openshiftOnly))) {
    throw nothing(
      'no operator is on',
      "check that the files are AutoShift's, with labels such as gitops: 'true' and gitops-subscription-name",
    );
  }
  const made = generateImageSet({
    operators,
    versions,
    openshiftVersion,
    withOpenshift: !operatorsOnly,
    withOperators: !openshiftOnly,
  });
  if (made.channels === 0 && made.packages === 0)
    throw nothing('there is nothing to mirror', 'check the labels of the cluster sets');
  const summary = [countOf(made.channels, 'release channel'), countOf(made.packages, 'package')].join(' and ');
  return { text: made.text, problems, summary, packages: made.packages };
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

const findingLine = ({ file, line, path, what }: Finding): string =>
  oneLine(`${file}:${line}: ${path === '' ? 'it' : path} ${what}`, 300);

const refusedValues = (problems: readonly Finding[]) =>
  inputError({
    what: `the values have ${countOf(problems.length, 'problem')}`,
    why: problems.map(findingLine).join('\n'),
    hint: 'correct these lines',
  });
