import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { readYaml } from '../../kit/config/yaml-problems.js';
import { inputError } from '../../kit/errors/op-error.js';

const texts = v.optional(v.record(v.string(), v.string('must be a text')));
const shape = v.looseObject({
  apiVersion: v.literal('tekton.dev/v1', 'must be tekton.dev/v1'),
  kind: v.literal('PipelineRun', 'must be PipelineRun'),
  metadata: v.looseObject({ generateName: v.string('must be a text'), labels: texts, annotations: texts }),
});

/** The PipelineRun that a schedule creates each time. */
export type WantedRun = v.InferOutput<typeof shape>;

/** Reads the file with it. @throws OpError (input) */
export async function readWantedRun({ cwd }: Pick<Context, 'cwd'>, file: string): Promise<WantedRun> {
  const hint = 'it is the key run.yaml in the ConfigMap of the schedule: apply the schedule again';
  const content = await readFile(resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw inputError({ what: `cannot read ${file}`, why: cause.message, hint, cause });
  });
  const read = readYaml(shape, content);
  if ('value' in read) return read.value;
  const why = read.problems.map(({ line, path, what }) => `${file}:${line}: ${path === '' ? 'it' : path} ${what}`);
  throw inputError({ what: `${file} is not a PipelineRun with a generateName`, why: why.join('\n'), hint });
}
