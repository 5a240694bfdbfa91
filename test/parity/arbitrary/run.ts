import fc from 'fast-check';
import { type PipelineRunDefinition, param, pipeline, pipelineRun, workspace } from '../../../src/tekton/index.js';
import { worker } from './pipeline.js';
import { duration, name, optional, value } from './words.js';

const fixed = pipeline(
  'fixed',
  { params: { value: param.string({ default: '' }) }, workspaces: { source: workspace() } },
  (p) => {
    p.task('a', worker, { params: { value: p.params.value }, workspaces: { source: p.workspaces.source } });
  },
);

/** A PipelineRun of one fixed Pipeline with any times, values and bindings. */
export const anyRun: fc.Arbitrary<PipelineRunDefinition> = fc
  .record({
    name: fc.oneof(
      name,
      name.map((generateName) => ({ generateName })),
    ),
    value,
    source: fc.constantFrom(
      { emptyDir: {} },
      { secret: 's' },
      { secret: '' },
      { configMap: '' },
      { persistentVolumeClaim: 'c' },
      { persistentVolumeClaim: '' },
      { volumeClaimTemplate: { storage: '1Gi' } },
      { projected: [] },
      { csi: { driver: '' } },
      { emptyDir: {}, secret: 's' },
    ),
    timeouts: optional({ pipeline: duration, tasks: duration, finally: duration }),
    spec: optional({ timeout: duration }),
    embed: fc.boolean(),
  })
  .map((seed) =>
    pipelineRun(seed.name, fixed, {
      params: { value: seed.value },
      workspaces: { source: seed.source as { emptyDir: Record<string, never> } },
      timeouts: seed.timeouts,
      taskRunSpecs: { a: seed.spec },
      embed: seed.embed,
    }),
  );
