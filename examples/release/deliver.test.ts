import { expect, test } from 'vitest';
import { evaluate } from '../../src/op/releases/load/evaluate.js';
import deliver from './deliver.release.js';

const of = 'h.io/acme/shop/-/deliver.release.ts/@r1';

test('the delivery builds once, and gives each environment what the one before it has proven', () => {
  const environments = ['prod', 'dev'].map((name) => ({ name, attributes: {}, id: name }));
  const { plan } = evaluate(deliver, environments, {
    repo: 'h.io/acme/shop',
    path: 'deliver.release.ts',
    release: 'r1',
  });
  expect(
    plan.phases.map(({ name, items }) => [
      name,
      items.map(({ runs }) => Object.values(runs ?? {}).map((run) => run.name)),
    ]),
  ).toEqual([
    ['build', [['clone-build-push']]],
    ['dev', [['deliver-environment']]],
    ['prod', [['deliver-environment']]],
  ]);
  const [build, dev, prod] = plan.phases.map(({ items }) => items[0]?.inputs);
  expect(build).toMatchObject({ repository: { value: 'registry.example.com/dev' } });
  expect(dev).toMatchObject({
    up_environment: { value: 'dev' },
    from: { value: '' },
    list_digest: { ref: `${of}/task/build#output/LIST_DIGEST` },
  });
  expect(prod).toMatchObject({
    from: { value: 'dev' },
    build_result: { value: 'build_result.dev.json' },
    list_digest: { ref: `${of}/deploy/dev#output/LIST_DIGEST` },
  });
  // Two environments run the same Task: its YAML is there once.
  expect(Object.keys(plan.documents ?? {})).toHaveLength(2);
});
