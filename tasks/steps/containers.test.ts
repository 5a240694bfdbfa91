import { describe, expect, it } from 'vitest';
import { containersOfPod } from '../../src/op/kit/results/message.js';
import { toTask } from '../../src/tekton/index.js';
import { buildPush } from '../build-push.js';
import { cloneBuildPush } from '../clone-build-push.js';
import { push } from '../push.js';

/** Tekton runs these before the steps: prepare, and working-dir-initializer. A script would need one more. */
const ofTekton = 2;

describe('the results of a Task that builds several images', () => {
  it.each([buildPush, cloneBuildPush, push])('have their share of the termination messages of a pod: $name', (task) => {
    const { steps, sidecars = [] } = toTask(task).spec;
    expect(steps.length + sidecars.length + ofTekton).toBe(containersOfPod);
    expect(JSON.stringify(steps)).not.toContain('"script"');
  });
});
