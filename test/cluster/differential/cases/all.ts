import type { PipelineCase } from '../pipeline-case.js';
import { randomCases } from '../random-pipeline.js';
import { ends } from './ends.js';
import { failures } from './failures.js';
import { finallyTasks } from './finally.js';
import { matrix } from './matrix.js';
import { order } from './order.js';
import { params } from './params.js';
import { refusals } from './refusals.js';
import { results } from './results.js';
import { steps } from './steps.js';
import { timeouts } from './timeouts.js';
import { when } from './when.js';
import { workspaces } from './workspaces.js';

/** Every case; those that take long come first, so that the others run meanwhile. */
export const cases: readonly PipelineCase[] = [
  ...timeouts,
  ...ends,
  ...failures,
  ...workspaces,
  ...steps,
  ...results,
  ...matrix,
  ...finallyTasks,
  ...when,
  ...params,
  ...order,
  ...randomCases(6, 20261127),
  ...refusals,
];
