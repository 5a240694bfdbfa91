/** Runs Tekton's examples as `op local start FILE` does. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { makeRunPlan } from '../../../src/local/commands/make-run-plan.js';
import type { Condition } from '../../../src/local/contract.js';
import { executeRun } from '../../../src/local/pipeline-run/execute.js';
import { filesOf, homeOf } from '../../../src/local/runs/home.js';
import { createRun } from '../../../src/local/runs/store.js';
import { runTask } from '../../../src/local/task-run/run-task.js';
import { OpError } from '../../../src/op/kit/errors/op-error.js';
import { makeHome } from '../../local/local-run.js';
import { testContext } from '../../op/test-context.js';

/** How the runs of a file ended: `passes`, `refused: why`, or `REASON: message`, with what was printed last. */
export interface Outcome {
  readonly is: string;
  readonly printed: readonly string[];
}

/** Runs every PipelineRun and TaskRun of a file, one after the other, with a directory for them that is new. */
export async function runExample(text: string, hostImage: readonly string[]): Promise<Outcome> {
  await using home = await makeHome();
  const file = join(home.path, 'example.yaml');
  await writeFile(file, text);
  const printed: string[] = [];
  for (const name of runsIn(text)) {
    let condition: Condition;
    try {
      condition = await runOne(home.path, file, name, hostImage, printed);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return { is: `refused: ${error.why.replaceAll(home.path, '').split('\n')[0]}`, printed };
    }
    if (condition.status !== 'True') return { is: `${condition.reason}: ${condition.message}`, printed };
  }
  return { is: 'passes', printed };
}

/** The names of the runs in a file, or what they begin with. */
function runsIn(text: string): readonly string[] {
  const objects = parseAllDocuments(text, { version: '1.1' }).map((document): unknown => document.toJS());
  return objects.flatMap((object) => {
    const { kind = '', metadata = {} } = (object ?? {}) as RunDocument;
    return /^(?:Pipeline|Task)Run$/u.test(kind) ? [metadata.name ?? metadata.generateName ?? ''] : [];
  });
}

interface RunDocument {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly generateName?: string };
}

async function runOne(
  root: string,
  file: string,
  name: string,
  hostImage: readonly string[],
  printed: string[],
): Promise<Condition> {
  const { context } = testContext({ env: { PATH: process.env.PATH }, cwd: root });
  const request = { file: [file], param: [], workspace: [], labels: [], hostImage };
  const { plan } = await makeRunPlan(context, request, [name]);
  const home = homeOf(context, root);
  const directory = await createRun(home, plan.name);
  await mkdir(filesOf(directory).programs);
  const show = ({ task, step, text }: { task: string; step: string; text: string }) =>
    void printed.push(`[${task} : ${step}] ${text}`);
  const { object } = await executeRun(context, { plan, home, directory, parallel: 4, runTask, show, kept: [] });
  return object.status.conditions[0];
}
