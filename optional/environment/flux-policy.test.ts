import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Testing } from 'cdk8s';
import { expect, test } from 'vitest';
import { FluxPolicy } from './flux-policy.js';

const root = join(import.meta.dirname, '../..');

/** Whether the policy applies to a user. */
function applies(user: string): boolean {
  const chart = new Chart(Testing.app(), 'test');
  new FluxPolicy(chart, 'flux');
  const [policy] = Testing.synth(chart);
  const expressions: string[] = policy.spec.matchConditions.map((one: { expression: string }) => one.expression);
  return expressions.every((expression) => {
    const [, pattern = ''] = /^request\.userInfo\.username\.matches\('(.*)'\)$/u.exec(expression) ?? [];
    return new RegExp(pattern, 'u').test(user);
  });
}

test('the policy for Flux applies to every ServiceAccount of the catalog, those of items of releases included', () => {
  const files = [
    'src/catalog.ts',
    ...['build-push', 'deliver', 'mirror', 'release'].map((name) => `pipelines/examples/${name}.ts`),
  ];
  const named = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /(?:serviceAccountName|PipelineAccess\(chart, 'access', \{ name): '([^']+)'/gu,
      ),
    ].map(([, name = '']) => name),
  );
  expect(named).toEqual(
    expect.arrayContaining(['octopipeline-deliver', 'octopipeline-watch', 'octopipeline-release-item']),
  );
  expect(named.filter((name) => !applies(`system:serviceaccount:shop:${name}`))).toEqual([]);
});

test.each([
  'system:serviceaccount:flux-system:kustomize-controller',
  'system:serviceaccount:octopipeline-ci:deployer',
  'octopipeline-deliver',
  'system:admin',
])('the policy for Flux leaves %s alone', (user) => {
  expect(applies(user)).toBe(false);
});
