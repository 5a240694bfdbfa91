import { expect, test } from 'vitest';
import { complaints, sample } from '../sample.js';
import { sidecarsSeeNothing } from './sidecars.js';

test('a builder that sees only files from a step is fine', () => {
  expect(sidecarsSeeNothing(sample())).toEqual([]);
});

const mount = '        - { name: builder-home, mountPath: /home/cnb }\n';

test.each([
  [
    '-c, read -r request]',
    '-c, \'echo "$(params.timeout)"\']',
    'its command contains a reference: echo "$(params.timeout)"',
  ],
  ['-c, read -r request]', '-c, read]\n      env: [{ name: A, value: b }]', 'has variables'],
  [
    '      workspaces:\n        - { name: source }\n',
    '      workspaces:\n',
    'sees the workspace source, which no step lists for itself',
  ],
  [
    'image: $(params.builder)',
    'image: $(params.builder)\n      workspaces: [{ name: source }]',
    'uses the workspace source',
  ],
  [mount, `${mount}        - { name: token, mountPath: /token }\n`, 'mounts token, which is not an emptyDir'],
  [
    '{ name: builder-home, emptyDir: { sizeLimit: 1Gi } }',
    '{ name: builder-home, secret: { secretName: s } }',
    'mounts builder-home, which is not an emptyDir',
  ],
  [
    '        - { name: no-token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount }\n',
    '',
    'may get a token for the Kubernetes API',
  ],
  [
    'mountPath: /secrets/dockerconfig',
    'mountPath: /workspace/dockerconfig',
    'shares /workspace with step build, which has the workspace dockerconfig below it',
  ],
  [
    ', mountPath: /secrets/dockerconfig',
    '',
    'shares /workspace with step build, which has the workspace dockerconfig below it',
  ],
  ['requests: { cpu: 50m, memory: 64Mi }', 'requests: { cpu: 50m }', 'does not request cpu and memory'],
  ['limits: { memory: 1Gi }', 'limits: { cpu: 1 }', 'has no limit of memory'],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(sidecarsSeeNothing, from, to)).toEqual([message]);
});
