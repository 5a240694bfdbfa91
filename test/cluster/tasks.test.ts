import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPushExample } from '../../pipelines/examples/build-push.js';
import { param, pipeline, pipelineRun, toPipelineRun, toYaml, workspace } from '../../src/index.js';
import { build } from '../../tasks/build.js';
import { buildPush } from '../../tasks/build-push.js';
import { gitClone } from '../../tasks/git-clone.js';
import { publishImageInfo } from '../../tasks/publish-image-info.js';
import { push } from '../../tasks/push.js';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  digest,
  kubectlJson,
  logs,
  type Repository,
  registry,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';

let namespace: string;
let repository: Repository;

beforeAll(async () => {
  namespace = await createNamespace('tasks');
  await applyDist(namespace);
  repository = await createRepository(`tasks-${namespace}`, {
    'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: app
      custom: {buildCommand: sh build.sh}
`,
    'build.sh': `tar -cf /tmp/layer.tar build.sh
crane append --oci-empty-base --new_layer /tmp/layer.tar --new_tag "$IMAGE"
`,
    '.registry': `ci:
  - ${registryForPods}/${namespace}/first
  - url: ${registryForPods}/${namespace}/second
`,
  });
});
afterAll(async () => {
  await removeNamespace(namespace);
  await removeRepository(repository);
});

/** Every Task of the catalog by itself, each in its own pod, on one volume. */
const apart = pipeline(
  'apart',
  { params: { url: param.string(), repository: param.string() }, workspaces: { source: workspace() } },
  (p) => {
    const { source } = p.workspaces;
    const clone = p.task('clone', gitClone, { params: { url: p.params.url }, workspaces: { source } });
    const again = p.task('clone-again', gitClone, {
      params: { url: p.params.url },
      workspaces: { source },
      after: [clone],
    });
    const checked = p.task('build', build, { workspaces: { source }, after: [again] });
    const pushed = p.task('push', push, {
      params: { 'push-all': 'true' },
      workspaces: { source },
      after: [checked],
    });
    const found = p.task('build-push', buildPush, {
      params: { repository: p.params.repository },
      workspaces: { source },
      after: [pushed],
    });
    p.task('publish', publishImageInfo, {
      params: { 'git-revision': found.results['CHAINS-GIT_COMMIT'], 'image-name': 'app', 'configmap-prefix': 'built' },
      workspaces: { source },
    });
    return { pushed: pushed.results.IMAGES, found: found.results.REUSED_IMAGES, commit: clone.results.commit };
  },
);

test('every Task works by itself: clone twice, build, push to all registries, find it again, publish', async () => {
  const run = pipelineRun({ generateName: 'apart-' }, apart, {
    serviceAccountName: 'octopipeline-build-push',
    ...(buildPushExample.options.podTemplate === undefined
      ? {}
      : { podTemplate: buildPushExample.options.podTemplate }),
    params: { url: repository.url, repository: `${registryForPods}/${namespace}/first` },
    workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
    embed: true,
  });
  const started = await createRun(namespace, toYaml([toPipelineRun(run)]));
  const outcome = await waitForRun(started);
  const log = await logs(started);
  expect(outcome, log).toMatchObject({ succeeded: true, results: { commit: repository.commit } });
  expect(log).toMatch(/\[clone-again : clone\] .*already/u);
  expect(log).toMatch(/\[build-push : build-push\] already built/u);

  const tag = repository.commit.slice(0, 7);
  const first = await digest(`${registry}/${namespace}/first/app:${tag}`);
  expect(first).toMatch(/^sha256:/u);
  expect(await digest(`${registry}/${namespace}/second/app:${tag}`)).toBe(first);
  const image = `${registryForPods}/${namespace}/first/app:${tag}@${first}`;
  expect(outcome.results).toMatchObject({ pushed: image, found: image });
  const map = await kubectlJson<{ data: object }>(['get', 'configmap', 'built-app', `--namespace=${namespace}`]);
  expect(map.data).toMatchObject({ 'image-digest': first, 'git-revision': repository.commit });
});
