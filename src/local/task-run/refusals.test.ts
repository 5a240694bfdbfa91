import { describe, expect, test } from 'vitest';
import { thisMachine } from './host-image.js';
import { notEnforced } from './not-enforced.js';
import { refusals } from './refusals.js';
import type { Spec } from './task-spec.js';

const step = { name: 's', image: 'bash', script: 'true' };
/** Fields that the types do not have are what other people write. */
const withStep = (more: object): Spec => ({ steps: [{ ...step, ...more }] });
const paths = (spec: Spec, machine = {}) => refusals(spec, machine).map(({ path }) => path);

test('a Task with all that can be done here is not refused', () => {
  expect(
    refusals({
      steps: [
        {
          ...step,
          env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
          volumeMounts: [{ name: 'v', mountPath: '/dev/shm/x', subPath: 'y' }],
          securityContext: { runAsUser: 1, privileged: false, capabilities: { drop: ['ALL'] } },
          timeout: '1m',
        },
      ],
      sidecars: [{ ...step, readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: 1 } }],
      volumes: [{ name: 'v', emptyDir: {} }],
    }),
  ).toEqual([]);
});

test.each<[string, Spec]>([
  ['spec.steps[0].securityContext.privileged', withStep({ securityContext: { privileged: true } })],
  [
    'spec.steps[0].securityContext.capabilities.add',
    withStep({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }),
  ],
  ['spec.steps[0].script', withStep({ script: '#!win pwsh\nwrite' })],
  ['spec.steps[0].image', withStep({ image: 'golang:1' })],
  ['spec.steps[0].when[0].cel', withStep({ when: [{ cel: 'true' }] })],
  ['spec.steps[0].stdoutConfig', withStep({ stdoutConfig: { path: 'x' } })],
  ['spec.steps[0].ref', withStep({ ref: { name: 'x' } })],
  ['spec.steps[0].tty', withStep({ tty: true })],
  [
    'spec.steps[0].volumeMounts[0].subPathExpr',
    withStep({ volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: 'x' }] }),
  ],
  ['spec.steps[0].volumeMounts[0].mountPath', withStep({ volumeMounts: [{ name: 'v', mountPath: '/proc/x' }] })],
  ['spec.steps[0].volumeMounts[0].mountPath', withStep({ volumeMounts: [{ name: 'v', mountPath: '/dev/shm/../x' }] })],
  [
    'spec.steps[0].workspaces[0].mountPath',
    withStep({ workspaces: [{ name: 'w', mountPath: '/proc/1/root/oldroot/x' }] }),
  ],
  ['spec.workspaces[0].mountPath', { steps: [step], workspaces: [{ name: 'w', mountPath: '/proc/1/root/oldroot/x' }] }],
  ['spec.steps[0].workingDir', withStep({ workingDir: '/proc/1/root/oldroot/x' })],
  [
    'spec.steps[0].env[0].valueFrom.resourceFieldRef',
    withStep({ env: [{ name: 'A', valueFrom: { resourceFieldRef: {} } }] }),
  ],
  [
    'spec.steps[0].env[0].valueFrom.fieldRef',
    withStep({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }] }),
  ],
  [
    'spec.stepTemplate.securityContext.privileged',
    { steps: [step], stepTemplate: { securityContext: { privileged: true } } },
  ],
])('%s is refused', (path, spec) => expect(paths(spec)).toEqual([path]));

test.each<[string, object]>([
  ['spec.volumes[0].hostPath', { hostPath: { path: '/var/run/docker.sock' } }],
  ['spec.volumes[0].csi', { csi: { driver: 'd' } }],
  ['spec.volumes[0].nfs', { nfs: {} }],
])('%s is refused', (path, volume) =>
  expect(paths({ steps: [step], volumes: [{ name: 'v', ...volume }] })).toEqual([path]),
);

test('a probe with fields that are not asked for here is refused', () => {
  const sidecar = { ...step, readinessProbe: { httpGet: { port: 1, httpHeaders: [] }, grpc: { port: 1 } } };
  expect(paths({ steps: [step], sidecars: [sidecar] })).toEqual([
    'spec.sidecars[0].readinessProbe.grpc',
    'spec.sidecars[0].readinessProbe.httpGet.httpHeaders',
  ]);
});

test('the refusal of an image says what to do', () => {
  expect(refusals(withStep({ image: 'golang:1@sha256:0' }))[0]?.hint).toBe(
    'install bubblewrap and crane, and op fetches the image; or, if this machine has what the step needs, add --host-image golang',
  );
});

describe('without namespaces', () => {
  const variables = { isolation: 'variables' };
  test.each<[string, Spec]>([
    ['spec.steps[0].script', withStep({ script: 'ls /workspace/source' })],
    ['spec.steps[0].script', withStep({ script: 'echo x > /tekton/results/y' })],
    ['spec.steps[0].args[1]', withStep({ script: undefined, command: ['ls'], args: ['-l', '--in=/workspace'] })],
    ['spec.steps[0].workingDir', withStep({ workingDir: '/workspace/source' })],
    [
      'spec.steps[0].env[0].value',
      withStep({ env: [{ name: 'A', value: '/data/x' }], volumeMounts: [{ name: 'v', mountPath: '/data' }] }),
    ],
  ])('a path of a pod in %s is refused', (path, spec) => expect(paths(spec, variables)).toEqual([path]));

  test('other paths are not', () => {
    const script = 'cat $(workspaces.w.path)/workspace/x /home/me/workspace/y ./workspace /workspaces';
    expect(paths(withStep({ script }), variables)).toEqual([]);
  });
});

test.each([
  ['ghcr.io/octopilot/octopipeline:1@sha256:0', { entrypoint: ['op'] }],
  ['docker.io/library/ubuntu', { entrypoint: ['/bin/bash'] }],
  ['mirror.gcr.io/busybox:1', { entrypoint: ['sh'] }],
  ['golang:1.25', {}],
  ['node:24', {}],
  ['node:24@sha256:0', {}],
  ['node:25', undefined],
  ['mirror.gcr.io/library/python:3@sha256:0', {}],
  ['gcr.io/library/python', undefined],
  ['python', undefined],
  ['registry:5000/golang', undefined],
  ['ubuntu-extra', undefined],
])('%s as this machine', (image, expected) => {
  expect(thisMachine(['golang', 'node:24', 'mirror.gcr.io/*python'])(image)).toEqual(expected);
});

test('what is not enforced is said once for each thing', () => {
  const securityContext = { runAsUser: 1, runAsNonRoot: true, readOnlyRootFilesystem: true };
  const notes = notEnforced({
    stepTemplate: { securityContext },
    steps: [{ ...step, securityContext, computeResources: { limits: { cpu: '1' } } }],
    volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }],
  });
  expect(notes.map((note) => note.replace(/[:(].*/u, '').trim())).toEqual([
    'resources',
    'root file system',
    'sizes of volumes',
    'user ids',
  ]);
});

describe('a volume with a token for a cluster', () => {
  const path = 'spec.volumes[0].projected.sources[0].serviceAccountToken';
  const image = 'registry.example.com/octopipeline:1';
  const mounting = (own: object, more: object = {}): Spec => ({
    steps: [{ name: 's', image, volumeMounts: [{ name: 'token', mountPath: '/token' }], ...own }],
    volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    ...more,
  });
  const publish = { command: ['op'], args: ['publish', '--namespace=a'] };

  test('is allowed for a command of op that only keeps something in the store', () => {
    expect(paths(mounting(publish), { store: '/store' })).toEqual([]);
    expect(paths(mounting({ args: ['promote-image'] }), { store: '/store' })).toEqual([]);
  });

  test('is refused for it when the run has no store', () => {
    expect(refusals(mounting(publish))).toEqual([
      {
        path,
        what: 'op publish would write to a cluster',
        hint: 'let it write to a directory: --store=directory:PATH',
      },
    ]);
  });

  test.each<[string, Spec]>([
    ['another image', mounting({ ...publish, image: 'bash' })],
    ['a command of op that asks a cluster', mounting({ command: ['op'], args: ['watch-deployment'] })],
    ['a command of a group of op that does', mounting({ command: ['op'], args: ['mirror', 'deploy'] })],
    ['another program', mounting({ command: ['kubectl'], args: ['publish'] })],
    ['a script', mounting({ script: 'op publish' })],
    [
      'the mounts of the stepTemplate',
      mounting(
        { volumeMounts: [], image: 'bash', script: 'true' },
        { stepTemplate: { volumeMounts: [{ name: 'token', mountPath: '/token' }] } },
      ),
    ],
    [
      'a sidecar',
      mounting(publish, {
        sidecars: [{ name: 'x', image: 'bash', script: 'x', volumeMounts: [{ name: 'token', mountPath: '/token' }] }],
      }),
    ],
  ])('is refused for %s', (_, spec) => expect(paths(spec, { store: '/store' })).toEqual([path]));
});
