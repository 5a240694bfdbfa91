import { expect, test } from 'vitest';
import { type BuildKitConfig, buildKitProblems } from './buildkitd-config.js';

test('a valid configuration has no problems', () => {
  expect(
    buildKitProblems({
      namespace: 'builds',
      image: `registry.example.com:5000/buildkitd:1@sha256:${'a'.repeat(64)}`,
      mirrors: { 'docker.io': ['mirror.example.com/hub'], 'registry.lab:5000': ['10.0.0.1:80', 'other.lab/a/b'] },
      insecureRegistries: ['registry.lab:5000', '10.0.0.1:80'],
      storage: '200Gi',
      claim: { storageClass: 'fast' },
      resources: { requests: { cpu: '4' } },
    }),
  ).toEqual([]);
});

test.each([
  [{ mirorrs: {} }, 'config > buildkitd > mirorrs: unknown setting; known are namespace, image, mirrors,'],
  [{ insecureRegistries: 'lab' }, 'config > buildkitd > insecureRegistries: must be a list'],
  [{ namespace: 'A_B' }, 'config > buildkitd > namespace: "A_B" is not a DNS label'],
  [{ image: 'buildkitd:latest' }, 'config > buildkitd > image: "buildkitd:latest" is not tag@sha256'],
  [{ mirrors: { 'docker.io/library': [] } }, 'config > buildkitd > mirrors: "docker.io/library" is not host[:port]'],
  [{ mirrors: { 'docker.io': 'mirror.lab' } }, 'config > buildkitd > mirrors > docker.io: must be a list'],
  [{ mirrors: { 'docker.io': ['https://m'] } }, 'mirrors > docker.io: "https://m" is not host[:port][/path]'],
  [{ insecureRegistries: ['a"\nhttp = true'] }, 'is not host[:port]'],
  [{ storage: '50 GB' }, 'config > buildkitd > storage: "50 GB" is not a size such as 50Gi'],
  [{ claim: { class: 'fast' } }, 'config > buildkitd > claim > class: unknown setting'],
  [
    { resources: { limits: { memory: '8 GB' } } },
    'config > buildkitd > resources.limits.memory: "8 GB" is not a quantity',
  ],
])('%j is refused', (wrong, message) => {
  expect(buildKitProblems(wrong as BuildKitConfig)).toEqual([expect.stringContaining(message)]);
});
