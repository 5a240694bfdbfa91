import { after, configMap, object, pipelineRun, secret, step, task, taskRun, taskSpec } from '../pipeline-case.js';

const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } } };
/** Volumes belong to root; steps of the test cluster do not. */
const podTemplate = { securityContext: { fsGroup: 65532 } };
const withPods = { taskRunTemplate: { podTemplate } };
const uses = (own: string, workspace: string, more: object = {}) => ({
  workspaces: [{ name: own, workspace, ...more }],
});
const has = (...names: readonly string[]) => ({ workspaces: names.map((name) => ({ name })) });

/** Workspaces: where they are, who shares them, who may write. */
export const workspaces = [
  pipelineRun(
    'workspace-shared',
    {
      workspaces: [{ name: 'shared' }],
      tasks: [
        task(
          'write',
          'echo written > $(workspaces.out.path)/file; echo $(workspaces.out.path) $(workspaces.out.bound)',
          { spec: has('out'), more: uses('out', 'shared') },
        ),
        task('read', 'cat /workspace/in/file; touch $(workspaces.in.path)/more', {
          spec: has('in'),
          more: { ...uses('in', 'shared'), ...after('write') },
        }),
        task('below', 'ls; pwd; echo below > file', {
          spec: { ...has('in'), stepTemplate: { workingDir: '$(workspaces.in.path)' } },
          more: { ...uses('in', 'shared', { subPath: 'deep/er' }), ...after('read') },
        }),
        task('propagated', 'cd $(workspaces.shared.path); find . -type f | sort', { more: after('below') }),
      ],
    },
    { run: { ...withPods, workspaces: [{ name: 'shared', volumeClaimTemplate: claim }] } },
  ),
  pipelineRun(
    'workspace-kinds',
    {
      workspaces: ['config', 'secret', 'own', 'all'].map((name) => ({ name })),
      tasks: [
        task(
          'look',
          'cd $(workspaces.config.path); cat *; echo; cat $(workspaces.secret.path)/k; echo; cd $(workspaces.all.path); find . -type f -o -type l | grep -v "/\\.\\." | sort; ls $(workspaces.own.path); touch $(workspaces.own.path)/x',
          {
            spec: has('config', 'secret', 'own', 'all'),
            more: { workspaces: ['config', 'secret', 'own', 'all'].map((name) => ({ name })) },
          },
        ),
        task('empty', 'ls $(workspaces.own.path)', {
          spec: has('own'),
          more: { ...uses('own', 'own'), ...after('look') },
        }),
      ],
    },
    {
      others: [configMap('workspace-kinds', { a: '1', b: '2' }), secret('workspace-kinds', { k: 'v' })],
      run: {
        workspaces: [
          { name: 'config', configMap: { name: 'workspace-kinds', items: [{ key: 'b', path: 'b' }] } },
          { name: 'secret', secret: { secretName: 'workspace-kinds' } },
          { name: 'own', emptyDir: {} },
          {
            name: 'all',
            projected: {
              sources: [{ configMap: { name: 'workspace-kinds' } }, { secret: { name: 'workspace-kinds' } }],
            },
          },
        ],
      },
    },
  ),
  pipelineRun('workspace-optional', {
    workspaces: [{ name: 'maybe', optional: true }],
    tasks: [
      task('look', 'echo "$(workspaces.maybe.bound) [$(workspaces.maybe.path)]"', {
        spec: { workspaces: [{ name: 'maybe', optional: true }] },
        more: uses('maybe', 'maybe'),
      }),
      task('guarded', 'echo never', {
        more: { when: [{ input: '$(workspaces.maybe.bound)', operator: 'in', values: ['true'] }] },
      }),
    ],
  }),
  taskRun(
    'workspace-read-only',
    {
      workspaces: [
        { name: 'w', readOnly: true },
        { name: 'at', mountPath: '/there' },
      ],
      steps: [
        step(
          'main',
          'echo $(workspaces.at.path); touch $(workspaces.at.path)/x; touch $(workspaces.w.path)/x 2>/dev/null || echo refused',
        ),
      ],
    },
    {
      run: {
        workspaces: [
          { name: 'w', emptyDir: {} },
          { name: 'at', emptyDir: {} },
        ],
      },
    },
  ),
  taskRun(
    'workspace-isolated',
    {
      workspaces: [{ name: 'w' }],
      steps: [
        step('sees', 'echo in > $(workspaces.w.path)/file; echo $(workspaces.w.path)', { workspaces: [{ name: 'w' }] }),
        step('elsewhere', 'cat /else/file; echo $(workspaces.w.path)', {
          workspaces: [{ name: 'w', mountPath: '/else' }],
        }),
        step('not', 'ls -d /workspace/w 2>/dev/null || echo nothing'),
      ],
    },
    { run: { workspaces: [{ name: 'w', emptyDir: {} }] } },
  ),
  pipelineRun('workspace-missing', {
    workspaces: [{ name: 'w' }],
    tasks: [task('use', 'true', { spec: has('w'), more: uses('w', 'w') })],
  }),
  pipelineRun(
    'workspace-undeclared',
    { tasks: [{ name: 'use', taskRef: { name: 'workspace-undeclared' } }] },
    { others: [object('Task', 'workspace-undeclared', taskSpec('true', has('w')))] },
  ),
  pipelineRun(
    'workspace-extra',
    { tasks: [task('use', 'true')] },
    { run: { workspaces: [{ name: 'more', emptyDir: {} }] } },
  ),
  pipelineRun(
    'workspace-twice',
    { tasks: [task('use', 'true')] },
    {
      run: {
        workspaces: [
          { name: 'w', emptyDir: {} },
          { name: 'w', emptyDir: {} },
        ],
      },
    },
  ),
  pipelineRun(
    'workspace-no-volume',
    { workspaces: [{ name: 'w' }], tasks: [task('use', 'true', { spec: has('w'), more: uses('w', 'w') })] },
    { run: { workspaces: [{ name: 'w' }] } },
  ),
  pipelineRun(
    'workspace-two-claims',
    {
      workspaces: [{ name: 'a' }, { name: 'b' }],
      tasks: [task('use', 'true', { spec: has('a', 'b'), more: { workspaces: [{ name: 'a' }, { name: 'b' }] } })],
    },
    { run: { ...withPods, workspaces: ['a', 'b'].map((name) => ({ name, volumeClaimTemplate: claim })) } },
  ),
];
