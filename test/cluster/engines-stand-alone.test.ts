import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPushExample } from '../../pipelines/examples/build-push.js';
import { param, pipeline, pipelineRun, text, toPipelineRun, toYaml, workspace } from '../../src/index.js';
import { build } from '../../tasks/build.js';
import { buildBuildpacks } from '../../tasks/build-buildpacks.js';
import { buildDockerfile } from '../../tasks/build-dockerfile.js';
import { gitClone } from '../../tasks/git-clone.js';
import { publishImageInfo } from '../../tasks/publish-image-info.js';
import { type ClusterBuildKit, startBuildKit } from './buildkit.js';
import { ask, builder, fourFiles, howOf, mirrors, pushBases, runImage } from './four.js';
import {
  applyDist,
  crane,
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
import { withDebug } from './sample.js';

let namespace: string;
let buildkit: ClusterBuildKit;
let repository: Repository;

beforeAll(async () => {
  namespace = await createNamespace('stand-alone');
  [buildkit] = await Promise.all([startBuildKit(), pushBases(), applyDist(namespace)]);
  await buildkit.clientSecret(namespace);
  // Under another name, so that the Tasks which need no skaffold.yaml find none.
  const { 'skaffold.yaml': four = '', ...files } = await fourFiles();
  repository = await createRepository(`stand-alone-${namespace}`, { ...files, 'four.yaml': four });
});
afterAll(async () => {
  await removeNamespace(namespace);
  await removeRepository(repository);
});

/** The other Tasks that build, on one clone: two without skaffold.yaml, each with its own list, and the one that pushes nothing. */
const apart = pipeline(
  'stand-alone',
  {
    params: { url: param.string(), repository: param.string(), 'buildkit-host': param.string() },
    workspaces: { source: workspace(), 'buildkit-client': workspace.secret() },
  },
  (p) => {
    const { source } = p.workspaces;
    const clone = p.task('clone', gitClone, { params: { url: p.params.url }, workspaces: { source } });
    const dockerfile = p.task('dockerfile', buildDockerfile, {
      params: {
        image: text`${p.params.repository}/own/api:1.0`,
        context: 'api',
        target: 'run',
        'build-args': `BASE=busybox:1.36\nGREETING=two words\n`,
        'buildkit-host': p.params['buildkit-host'],
        'image-mirrors': mirrors,
        'build-result': 'dockerfile.json',
      },
      workspaces: { source, 'buildkit-client': p.workspaces['buildkit-client'] },
      after: [clone],
    });
    const site = p.task('site', buildBuildpacks, {
      params: {
        image: text`${p.params.repository}/site:1.0`,
        builder,
        context: 'site',
        env: 'BP_GREETING=two words\nBP_OTHER=1\n',
        'image-mirrors': mirrors,
        'build-result': 'site.json',
      },
      workspaces: { source },
      after: [dockerfile],
    });
    p.task('build', build, {
      params: {
        'skaffold-file': 'four.yaml',
        repository: text`${p.params.repository}/checked`,
        builder,
        'buildkit-host': p.params['buildkit-host'],
        'image-mirrors': mirrors,
      },
      workspaces: { source, 'buildkit-client': p.workspaces['buildkit-client'] },
      after: [site],
    });
    p.task('publish', publishImageInfo, {
      params: { 'build-result': 'site.json', 'git-revision': site.results['CHAINS-GIT_COMMIT'] },
      workspaces: { source },
    });
    return {
      api: dockerfile.results.IMAGES,
      site: site.results.IMAGES,
      commit: dockerfile.results['CHAINS-GIT_COMMIT'],
    };
  },
);

test('build-dockerfile and build-buildpacks build one image each without skaffold.yaml, and build pushes none of four', async () => {
  const { podTemplate } = buildPushExample.options;
  const run = pipelineRun({ generateName: 'stand-alone-' }, apart, {
    serviceAccountName: 'octopipeline-build-push',
    ...(podTemplate === undefined ? {} : { podTemplate }),
    params: { url: repository.url, repository: `${registryForPods}/${namespace}`, 'buildkit-host': buildkit.address },
    workspaces: {
      source: { volumeClaimTemplate: { storage: '1Gi' } },
      'buildkit-client': { secret: 'buildkit-client' },
    },
    embed: true,
  });
  const started = await createRun(namespace, withDebug(toYaml([toPipelineRun(run)])));
  const outcome = await waitForRun(started);
  const log = await logs(started);
  expect(outcome, log).toMatchObject({ succeeded: true, results: { commit: repository.commit } });
  const { api, site } = outcome.results;
  expect(await fileOf(`${registry}/${namespace}/own/api:1.0`, 'www/greeting.txt')).toBe('made for two words');
  expect(api).toBe(
    `${registryForPods}/${namespace}/own/api:1.0@${await digest(`${registry}/${namespace}/own/api:1.0`)}`,
  );
  expect(site).toBe(`${registryForPods}/${namespace}/site:1.0@${await digest(`${registry}/${namespace}/site:1.0`)}`);
  expect(log).toContain('BP_GREETING is two words');

  expect(Object.keys(howOf(log)).toSorted()).toEqual(['api', 'base', 'site', 'team/worker-web']);
  expect(log).toContain('done: 4 images built, nothing pushed');
  expect(await crane(['catalog', registry])).not.toContain(`${namespace}/checked`);

  await runImage(namespace, 'site', String(site));
  expect(await ask(namespace, 'site', '/about.html')).toEqual({ status: 200, body: 'about' });
  const map = await kubectlJson<{ data: object }>(['get', 'configmap', 'image-info-site', `--namespace=${namespace}`]);
  expect(map.data).toMatchObject({ 'image-digest': String(site).split('@')[1], 'git-revision': repository.commit });
});

/** The content of one file in an image. */
async function fileOf(image: string, path: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    await crane(['export', image, join(directory, 'image.tar')]);
    const { stdout } = await execa('tar', ['-C', directory, '-xOf', 'image.tar', path], { cwd: directory });
    return stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}
