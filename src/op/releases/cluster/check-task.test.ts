import { expect, test } from 'vitest';
import { problemOfSpec } from './check-task.js';

const step = (more: object) => ({ steps: [{ name: 'run', image: 'busybox', ...more }] });
const volume = (more: object) => ({ volumes: [{ name: 'v', ...more }], ...step({}) });
const refused = 'it uses the Secret "prod", which nobody has allowed';

const usesOf = (name: string): readonly (readonly [string, object])[] => [
  ['a volume', volume({ secret: { secretName: name } })],
  ['a projected volume', volume({ projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name } }] } })],
  ['a variable', step({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: 'k' } } }] })],
  ['all variables', step({ envFrom: [{ configMapRef: { name: 'x' } }, { secretRef: { name } }] })],
  ['a sidecar', { ...step({}), sidecars: [{ name: 's', image: 'i', envFrom: [{ secretRef: { name } }] }] }],
  ['the template of steps', { ...step({}), stepTemplate: { envFrom: [{ secretRef: { name } }] } }],
  ['a field with a long s', { ...step({}), volumeſ: [{ name: 'v', ſecret: { ſecretName: name } }] }],
  ['a field in another case', { ...step({}), Volumes: [{ name: 'v', Secret: { SECRETNAME: name } }] }],
];

test.each(usesOf('prod'))('a Secret in %s is refused', (_, spec) => {
  expect(problemOfSpec('Task', spec, [])).toBe(refused);
  expect(problemOfSpec('Task', spec, ['other', 'prod-2'])).toBe(refused);
  expect(problemOfSpec('Task', spec, ['other', 'prod'])).toBeUndefined();
  const tasks = [{ name: 'one', taskRef: { name: 'installed' } }];
  expect(problemOfSpec('Pipeline', { tasks, finally: [{ name: 'two', taskSpec: spec }] }, [])).toBe(refused);
});

test.each(usesOf('$(params.secret)'))(
  'a Secret in %s that a param names is refused, whatever is allowed',
  (_, spec) => {
    expect(problemOfSpec('Task', spec, ['prod'])).toContain('which nobody has allowed');
  },
);

test.each([
  ['a directory of the node', volume({ hostPath: { path: '/' } }), 'a volume of the kind hostpath'],
  ['a driver', volume({ csi: { driver: 'x' } }), 'a volume of the kind csi'],
  ['a share', volume({ azureFile: { secretName: 'x', shareName: 'y' } }), 'a volume of the kind azurefile'],
  ['a projection of another kind', volume({ projected: { sources: [{ podCertificate: {} }] } }), 'with podcertificate'],
  ['a privileged step', step({ securityContext: { privileged: true } }), 'reaches its node'],
  ['a capability', step({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }), 'reaches its node'],
  ['a port of the node', step({ ports: [{ hostPort: 80 }] }), 'reaches its node'],
  ['a step from elsewhere', step({ ref: { resolver: 'git' } }), 'from elsewhere'],
  ['a field twice', { ...step({}), Steps: [] }, 'twice'],
])('a Task with %s is refused', (_, spec, why) => expect(problemOfSpec('Task', spec, ['x'])).toContain(why));

test.each([
  ['a Task from elsewhere', { taskRef: { resolver: 'hub', params: [] } }, 'from elsewhere'],
  ['a Task of a bundle', { taskRef: { name: 'a', bundle: 'b' } }, 'from elsewhere'],
  ['a custom task', { taskRef: { apiVersion: 'example.dev/v1', kind: 'Loop', name: 'a' } }, 'custom task'],
  ['a custom task of its own', { taskSpec: { apiVersion: 'example.dev/v1', kind: 'Loop', spec: {} } }, 'custom task'],
  ['a Pipeline', { pipelineSpec: { tasks: [] } }, 'Pipeline in a Pipeline'],
])('a Pipeline with %s is refused', (_, task, why) =>
  expect(problemOfSpec('Pipeline', { tasks: [{ name: 'one', ...task }] }, [])).toContain(why),
);

test('what needs no Secret and nothing of a node may run', () => {
  const spec = {
    params: [{ name: 'secret', type: 'object', properties: { secret: {} }, default: { secret: 'x', Secret: 'y' } }],
    results: [{ name: 'secret' }],
    workspaces: [{ name: 'secret' }],
    volumes: [
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'x' } },
      { name: 'c', persistentVolumeClaim: { claimName: 'x' } },
      { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { downwardAPI: {} }] } },
    ],
    steps: [
      { name: 'a', ref: { name: 'installed' } },
      {
        name: 'b',
        image: 'i',
        env: [{ name: 'A', value: '$(params.x)' }],
        securityContext: { capabilities: { add: ['CHOWN'] } },
      },
    ],
  };
  expect(problemOfSpec('Task', spec, [])).toBeUndefined();
  const tasks = [
    { name: 'one', taskRef: { name: 'installed', kind: 'Task' } },
    { name: 'two', taskSpec: spec },
  ];
  expect(problemOfSpec('Pipeline', { tasks }, [])).toBeUndefined();
});
