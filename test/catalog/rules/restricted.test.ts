import { expect, test } from 'vitest';
import { changed, complaints, sample } from '../sample.js';
import { restricted } from './restricted.js';

test('a step that gets everything from its template is fine', () => {
  expect(restricted(sample())).toEqual([]);
});

test.each([
  ['runAsNonRoot: true', 'runAsNonRoot: false', 'runAsNonRoot is not true'],
  ['runAsUser: 65532', 'runAsUser: 0', 'runAsUser is not a number above 0'],
  ['runAsUser: 65532', 'runAsUser: nobody', 'runAsUser is not a number above 0'],
  ['allowPrivilegeEscalation: false', 'privileged: true', 'privileged'],
  ['allowPrivilegeEscalation: false', 'runAsGroup: 1', 'allowPrivilegeEscalation is not false'],
  ['drop: [ALL]', 'drop: [NET_RAW]', 'capabilities.drop has no ALL'],
  ['drop: [ALL]', 'drop: [ALL], add: [SETUID]', 'capabilities.add is not empty'],
  ['type: RuntimeDefault', 'type: Unconfined', 'seccompProfile.type is not RuntimeDefault'],
  ['allowPrivilegeEscalation: false', 'procMount: Unmasked', 'procMount is set'],
  ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'readOnlyRootFilesystem is not true'],
  ['command: [op]', 'command: [op]\n      ports: [{ containerPort: 80, hostPort: 80 }]', 'a port of the node'],
  ['mountPath: /home/op', 'mountPath: /home/other', 'no emptyDir at /home/op'],
  ['{ name: tmp, emptyDir: { sizeLimit: 1Gi } }', '{ name: tmp, configMap: { name: c } }', 'no emptyDir at /tmp'],
  [
    '{ name: builder-home, emptyDir: { sizeLimit: 1Gi } }',
    '{ name: builder-home, secret: {} }',
    'no emptyDir at /home/cnb',
  ],
  ['{ name: tmp, emptyDir: { sizeLimit: 1Gi } }', '{ name: tmp, emptyDir: {} }', 'the emptyDir has no size limit'],
  ['{ name: app, emptyDir: { sizeLimit: 1Gi } }', '{ name: app, emptyDir: {} }', 'the emptyDir has no size limit'],
  [
    '{ name: tmp, emptyDir: { sizeLimit: 1Gi } }',
    '{ name: tmp, hostPath: { path: / } }',
    'hostPath is not allowed by restricted',
  ],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(restricted, from, to)).toContain(message);
});

test('a step that overrides its template is caught', () => {
  const own = 'command: [op]\n      securityContext: { runAsUser: 0 }';
  expect(complaints(restricted, 'command: [op]', own)).toEqual(['runAsUser is not a number above 0']);
});

test('a sidecar does not get the template and must set everything itself', () => {
  const violations = changed(restricted, '  sidecars:\n', '  sidecars:\n    - { name: db, image: a }\n');
  expect(violations.map(({ message }) => message)).toContain('runAsNonRoot is not true');
  expect(violations[0]?.where).toBe('build-push.yaml Task/build-push > sidecars[0] db');
});
