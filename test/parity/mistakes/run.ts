import { pipelineRun, taskRun, toTaskRun } from '../../../src/tekton/index.js';
import { bound, build, pipelineRunWith } from '../author.js';
import {
  absent,
  type Mistake,
  mistake,
  pipelineRunObject,
  refused,
  step,
  taskRunObject,
  untypable,
} from '../mistake.js';

const pr = (more: object) => pipelineRunObject({ pipelineRef: { name: 'deliver' }, ...more });
const tr = (more: object) => taskRunObject({ taskRef: { name: 'build' }, ...more });
const workspace = (more: object) => pr({ workspaces: [{ name: 'w', ...more }] });

/** What Tekton refuses of a PipelineRun or TaskRun. */
export const runMistakes: readonly Mistake[] = [
  mistake(
    'a PipelineRun of nothing',
    pipelineRunObject({}),
    'expected exactly one, got neither',
    untypable(
      // @ts-expect-error
      () => pipelineRun('sample'),
    ),
  ),
  mistake(
    'a PipelineRun of two things',
    pr({ pipelineSpec: { tasks: [{ name: 'a', taskSpec: { steps: [step] } }] } }),
    'expected exactly one, got both',
    absent('a run takes one definition, by name or embedded'),
  ),
  mistake(
    'one param given twice',
    pr({
      params: [
        { name: 'a', value: '1' },
        { name: 'a', value: '2' },
      ],
    }),
    'expected exactly one, got both: spec.params[a].name',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a result as the param of a run',
    pr({ params: [{ name: 'a', value: '$(tasks.x.results.y)' }] }),
    'cannot use result expressions',
    refused(
      () => toTaskRun(taskRun('sample', build, { params: { a: '$(tasks.x.results.y)' } })),
      'params.a: contains the literal "$(tasks.x.results.y)"',
    ),
  ),
  mistake(
    'one workspace given twice',
    pr({
      workspaces: [
        { name: 'w', emptyDir: {} },
        { name: 'w', emptyDir: {} },
      ],
    }),
    'provided by pipelinerun more than once',
    absent('they are the keys of one object'),
  ),
  mistake(
    'a workspace that is no volume',
    workspace({}),
    'expected exactly one, got neither',
    untypable(
      // @ts-expect-error
      () => bound({}),
    ),
  ),
  mistake(
    'a workspace that is two volumes',
    workspace({ emptyDir: {}, secret: { secretName: 's' } }),
    'expected exactly one, got both',
    refused(
      () => bound({ emptyDir: {}, secret: 's' }),
      'workspaces.source: has 2 sources; a workspace has exactly one',
    ),
  ),
  mistake(
    'a workspace of a claim without a name',
    workspace({ persistentVolumeClaim: { claimName: '' } }),
    'persistentvolumeclaim.claimname',
    refused(() => bound({ persistentVolumeClaim: '' }), 'workspaces.source.persistentVolumeClaim: is empty'),
  ),
  mistake(
    'a workspace of a secret without a name',
    workspace({ secret: {} }),
    'secret.secretName',
    refused(() => bound({ secret: '' }), 'workspaces.source.secret: is empty'),
  ),
  mistake(
    'a workspace of a config map without a name',
    workspace({ configMap: {} }),
    'configmap.name',
    refused(() => bound({ configMap: '' }), 'workspaces.source.configMap: is empty'),
  ),
  mistake(
    'a projected workspace without sources',
    workspace({ projected: { sources: [] } }),
    'projected.sources',
    refused(() => bound({ projected: [] }), 'workspaces.source.projected: has no sources'),
  ),
  mistake(
    'a csi workspace without a driver',
    workspace({ csi: { driver: '' } }),
    'csi.driver',
    refused(() => bound({ csi: { driver: '' } }), 'workspaces.source.csi.driver: is empty'),
  ),
  mistake(
    'a negative timeout of a PipelineRun',
    pr({ timeouts: { pipeline: '-1h' } }),
    'should be >= 0',
    refused(() => pipelineRunWith({ timeouts: { pipeline: '-1h' } }), 'timeouts.pipeline: "-1h" is not a duration'),
  ),
  mistake(
    'tasks that may take longer than their Pipeline',
    pr({ timeouts: { pipeline: '1h', tasks: '2h' } }),
    '2h0m0s should be <= pipeline duration',
    refused(
      () => pipelineRunWith({ timeouts: { pipeline: '1h', tasks: '2h' } }),
      "timeouts.tasks: is longer than the pipeline's 1h",
    ),
  ),
  mistake(
    'tasks and finally that together may take longer',
    pr({ timeouts: { pipeline: '1h', tasks: '50m', finally: '20m' } }),
    '50m0s + 20m0s should be <= pipeline duration',
    refused(
      () => pipelineRunWith({ timeouts: { pipeline: '1h', tasks: '50m', finally: '20m' } }),
      "timeouts: tasks and finally together are longer than the pipeline's 1h",
    ),
  ),
  mistake(
    'a node that may take longer than its Pipeline',
    pr({ timeouts: { pipeline: '1h' }, taskRunSpecs: [{ pipelineTaskName: 'a', timeout: '2h' }] }),
    'should be <= pipeline duration',
    refused(
      () => pipelineRunWith({ timeouts: { pipeline: '1h' }, taskRunSpecs: { a: { timeout: '2h' } } }),
      'taskRunSpecs.a > timeout: is longer than the 1h that the run allows',
    ),
  ),
  mistake(
    'a status that no PipelineRun can start with',
    pr({ status: 'Paused' }),
    'Paused should be Cancelled',
    untypable(
      // @ts-expect-error
      () => pipelineRunWith({ status: 'Paused' }),
    ),
  ),
  mistake(
    'a TaskRun of nothing',
    taskRunObject({}),
    'expected exactly one, got neither',
    untypable(
      // @ts-expect-error
      () => taskRun('sample'),
    ),
  ),
  mistake(
    'a TaskRun of two things',
    tr({ taskSpec: { steps: [step] } }),
    'expected exactly one, got both',
    absent('a run takes one definition, by name or embedded'),
  ),
  mistake(
    'a negative timeout of a TaskRun',
    tr({ timeout: '-1h' }),
    'should be >= 0',
    refused(() => toTaskRun(taskRun('sample', build, { timeout: '-1h' })), 'timeout: "-1h" is not a duration'),
  ),
  mistake(
    'one workspace given twice to a TaskRun',
    tr({
      workspaces: [
        { name: 'w', emptyDir: {} },
        { name: 'w', emptyDir: {} },
      ],
    }),
    'expected exactly one, got both',
    absent('they are the keys of one object'),
  ),
  mistake(
    'one step overridden twice',
    tr({
      stepSpecs: [
        { name: 'a', computeResources: { limits: { memory: '1Gi' } } },
        { name: 'a', computeResources: { limits: { memory: '1Gi' } } },
      ],
    }),
    'expected exactly one, got both',
    absent('they are the keys of one object'),
  ),
  mistake(
    'resources of a TaskRun and of its steps',
    tr({
      computeResources: { limits: { memory: '1Gi' } },
      stepSpecs: [{ name: 'a', computeResources: { limits: { memory: '1Gi' } } }],
    }),
    'expected exactly one, got both',
    refused(
      () =>
        toTaskRun(
          taskRun('sample', build, {
            computeResources: { limits: { memory: '1Gi' } },
            steps: { run: { limits: { memory: '1Gi' } } },
          }),
        ),
      'computeResources: is set together with resources of steps, which Tekton refuses',
    ),
  ),
  mistake(
    'a status that no TaskRun can start with',
    tr({ status: 'Paused' }),
    'Paused should be TaskRunCancelled',
    untypable(
      // @ts-expect-error
      () => taskRun('sample', build, { status: 'Paused' }),
    ),
  ),
];
