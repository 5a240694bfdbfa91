import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { volumeOf } from './four.js';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  digest,
  kubectl,
  logs,
  type Outcome,
  type Repository,
  registry,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';
import { buildPushRun } from './sample.js';

/** A build that leaves a process, which goes on until its container ends. */
const leaves = (script: string) => ({
  'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: web
      custom: {buildCommand: sh build.sh}
`,
  'build.sh': `set -eu
tar -cf /tmp/layer.tar build.sh
crane append --oci-empty-base --new_layer /tmp/layer.tar --new_tag "$IMAGE"
sh falsify.sh </dev/null >/dev/null 2>&1 &
`,
  'falsify.sh': `trap '' HUP TERM\n${script}`,
});

let namespace: string;
const repositories: Repository[] = [];
beforeAll(async () => {
  namespace = await createNamespace('hostile-build');
  await applyDist(namespace);
});
afterAll(async () => {
  await removeNamespace(namespace);
  await Promise.all(repositories.map(removeRepository));
});

async function run(name: string, script: string) {
  const repository = await createRepository(`${name}-${namespace}`, leaves(script));
  repositories.push(repository);
  const target = `${registryForPods}/${namespace}/${name}`;
  const started = await createRun(namespace, buildPushRun({ params: { url: repository.url, repository: target } }));
  const outcome: Outcome = await waitForRun(started, 180_000);
  return { repository, target, started, outcome, log: await logs(started) };
}

const published = () =>
  kubectl([
    'get',
    'configmap',
    '--selector=app.kubernetes.io/component=image-info',
    '--output=name',
    `--namespace=${namespace}`,
  ]);

test('results and the source of a build stay true when its code writes into the files of all results', async () => {
  const { repository, target, started, outcome, log } = await run(
    'results',
    `while :; do
  for file in /tekton/results/IMAGES /tekton/results/IMAGE_DIGEST /tekton/results/LIST_DIGEST /tekton/results/CHAINS-GIT_COMMIT \\
    /tekton/results/commit /tekton/steps/step-clone/results/commit /tekton/run/1/status/results/commit; do
    printf false > $file || true
  done
  git -C /source/source -c user.name=x -c user.email=x@example.com commit --quiet --allow-empty --message=other || true
done
`,
  );
  expect(outcome, log).toMatchObject({ succeeded: true });
  const tag = `${target}/web:${repository.commit.slice(0, 7)}`;
  const pushed = await digest(tag.replace(registryForPods, registry));
  expect(outcome.results).toMatchObject({
    IMAGES: `${tag}@${pushed}`,
    IMAGE_URL: tag,
    IMAGE_DIGEST: pushed,
    REUSED_IMAGES: '',
    'CHAINS-GIT_COMMIT': repository.commit,
  });
  const list = await readFile(join(await volumeOf(started), 'build_result.json'), 'utf8');
  expect(list).toContain(`${tag}@${pushed}`);
});

test('a list that its code replaced, with an image outside of the repository, is refused and not published', async () => {
  const before = await published();
  const { outcome, log } = await run(
    'list',
    `while :; do
  printf '{"builds":[{"imageName":"web","tag":"registry.example.com/other/app:v1@sha256:${'0'.repeat(64)}"}]}' > /source/mine
  mv /source/mine /source/build_result.json
done
`,
  );
  expect(outcome, log).toMatchObject({ succeeded: false });
  expect(log).toContain('[build : record] error: /source/build_result.json names registry.example.com/other/app:v1');
  expect(log).not.toContain('[publish : ');
  expect(await published()).toBe(before);
});

test('a list that its code replaced by a link is refused', async () => {
  const { outcome, log } = await run(
    'link',
    'while :; do ln -sf /source/source/build.sh /source/build_result.json; done\n',
  );
  expect(outcome, log).toMatchObject({ succeeded: false });
  expect(log).toContain('it is a link, and op writes a file');
});
