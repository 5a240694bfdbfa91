import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  kubectlJson,
  logs,
  type Repository,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';
import { buildPushRun } from './sample.js';

let namespace: string;
const repositories: Repository[] = [];

beforeAll(async () => {
  namespace = await createNamespace('together');
  await applyDist(namespace);
});
afterAll(async () => {
  await removeNamespace(namespace);
  await Promise.all(repositories.map(removeRepository));
});

test('two pipelines at once in one namespace do not disturb each other', async () => {
  const outcomes = await Promise.all(
    ['left', 'right'].map(async (name) => {
      const repository = await createRepository(`${name}-${namespace}`, {
        'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: ${name}
      custom: {buildCommand: sh build.sh}
`,
        'build.sh': `tar -cf /tmp/layer.tar build.sh content
crane append --oci-empty-base --new_layer /tmp/layer.tar --new_tag "$IMAGE"
`,
        content: name,
      });
      repositories.push(repository);
      const run = await createRun(
        namespace,
        buildPushRun({ params: { url: repository.url, repository: `${registryForPods}/${namespace}` } }),
      );
      const outcome = await waitForRun(run, 180_000);
      expect(outcome, await logs(run)).toMatchObject({ succeeded: true });
      return { name, repository, outcome };
    }),
  );
  for (const { name, repository, outcome } of outcomes) {
    const map = await kubectlJson<{ data: object }>([
      'get',
      'configmap',
      `image-info-${name}`,
      `--namespace=${namespace}`,
    ]);
    expect(map.data).toMatchObject({
      'image-name': name,
      'image-digest': outcome.results.IMAGE_DIGEST,
      'git-revision': repository.commit,
    });
  }
});
