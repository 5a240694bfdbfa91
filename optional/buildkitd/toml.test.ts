import { expect, test } from 'vitest';
import { buildkitdToml } from './toml.js';

test('the cache keeps to 70 % of the volume, in bytes', () => {
  expect(buildkitdToml({ mirrors: {}, insecureRegistries: [], storage: '10Gi', trust: 'untrusted' })).toBe(`[cdi]
  disabled = true

[worker.oci]
  gc = true
  maxUsedSpace = 7516192768
  reservedSpace = 1879048192
  minFreeSpace = "10%"

[worker.oci.labels]
  "octopipeline.dev/cache-trust" = "untrusted"
`);
});

test('a registry has one table, for its mirrors and for plain HTTP', () => {
  const mirrors = { 'docker.io': ['mirror.lab:5000/hub', 'other.example.com'], 'both.lab:80': ['mirror.lab:5000'] };
  const insecureRegistries = ['mirror.lab:5000', 'both.lab:80'];
  expect(buildkitdToml({ mirrors, insecureRegistries, storage: '1Gi', trust: 'untrusted' })).toContain(`
[registry."docker.io"]
  mirrors = ["mirror.lab:5000/hub", "other.example.com"]

[registry."both.lab:80"]
  mirrors = ["mirror.lab:5000"]
  http = true

[registry."mirror.lab:5000"]
  http = true
`);
});

test('a buildkitd for builds of one trust level says so to op', () => {
  expect(buildkitdToml({ mirrors: {}, insecureRegistries: [], storage: '1Gi', trust: 'trusted' })).toContain(`
[worker.oci.labels]
  "octopipeline.dev/cache-trust" = "trusted"
`);
});
