import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpError } from '../../../src/op/kit/errors/op-error.js';
import { runDocument } from '../../local/local-run.js';
import type { Outcome } from './outcome.js';
import type { PipelineCase } from './pipeline-case.js';

/** Runs a case as `op local start` does. */
export async function runLocally({ run, others, end }: PipelineCase): Promise<Outcome> {
  let asked = false;
  const onLine = (_: unknown, directory: string) => {
    if (end === undefined || asked) return;
    asked = true;
    void writeFile(join(directory, 'cancel'), end);
  };
  try {
    const documents = [...others, run].map((document) => JSON.stringify(document)).join('\n---\n');
    const { stored, taskRuns, logs } = await runDocument(documents, { onLine });
    return { run: stored, taskRuns, logs };
  } catch (error) {
    if (error instanceof OpError) return { refused: error.why };
    throw error;
  }
}
