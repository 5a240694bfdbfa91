import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyDist,
  crane,
  createNamespace,
  createRun,
  digest,
  enter,
  imagesOf,
  kubectl,
  kubectlJson,
  logs,
  type Outcome,
  type Run,
  registry,
  registryService,
  removeNamespace,
  waitForRun,
} from './rig.js';
import { redirected } from './sample.js';

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: Readonly<Record<string, string>>;
}
interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly volumes: readonly { readonly name: string }[];
    readonly containers: readonly {
      readonly name: string;
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
  };
}

const hasToken = ({ volumes }: Pod['spec'], volume: string) =>
  JSON.stringify(volumes.find(({ name }) => name === volume)).includes('serviceAccountToken');

let namespace: string;
let example: string;
let first: { run: Run; outcome: Outcome; log: string };

const published = async () =>
  new Map(
    await Promise.all(
      ['web', 'team-api'].map(async (image) => {
        const map = await kubectlJson<ConfigMap>([
          'get',
          'configmap',
          `image-info-${image}`,
          `--namespace=${namespace}`,
        ]);
        return [image, map] as const;
      }),
    ),
  );

beforeAll(async () => {
  namespace = await createNamespace('build-push');
  example = await readFile('examples/build-push.yaml', 'utf8');
  await applyDist(namespace);
  // A separate path in the registry, so that this run is the first to push there.
  const run = await createRun(namespace, redirected(example, namespace));
  first = { run, outcome: await waitForRun(run, 180_000), log: await logs(run) };
});
afterAll(() => removeNamespace(namespace));

test('kubectl apply installs dist/ a second time with nothing to change', async () => {
  const lines = (await applyDist(namespace)).split('\n');
  expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
});

test('the example PipelineRun builds, pushes and publishes in a namespace with Pod Security restricted', () => {
  expect(first.outcome, first.log).toMatchObject({ succeeded: true, reason: 'Succeeded' });
});

test('the results have the digests that the registry has, for both images, also for the one with a / in its name', async () => {
  const { IMAGE_URL, IMAGE_DIGEST, IMAGES, ...chains } = first.outcome.results as Record<string, string>;
  const images = (IMAGES ?? '').split(',');
  expect(images.map((image) => image.replace(/:.*/u, ''))).toHaveLength(2);
  for (const image of images) {
    const [name = '', claimed] = image.replace(registryService, registry).split('@');
    expect(await digest(name)).toBe(claimed);
    expect(await crane(['manifest', `${name.replace(/:[^:/]*$/u, '')}@${claimed}`])).toContain('schemaVersion');
  }
  expect(images.at(-1)).toBe(`${IMAGE_URL}@${IMAGE_DIGEST}`);
  expect(images.map((image) => image.split('/').at(-1)?.split(':')[0])).toEqual(['web', 'team_api']);
  const commit = chains['CHAINS-GIT_COMMIT'];
  expect(commit).toMatch(/^[0-9a-f]{40}$/u);
  expect(chains['CHAINS-GIT_URL']).toMatch(/\/shop\.git$/u);
  expect(IMAGE_URL).toContain(commit?.slice(0, 7));
});

test('each image has its ConfigMap', async () => {
  const maps = await published();
  const { results } = first.outcome;
  for (const [image, { data }] of maps) {
    expect(data['image-name']).toBe(image === 'team-api' ? 'team/api' : image);
    expect(String(results.IMAGES)).toContain(`${data['image-url']}@${data['image-digest']}`);
    expect(data['git-revision']).toBe(results['CHAINS-GIT_COMMIT']);
    expect(Date.parse(data['build-timestamp'] ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
  }
});

test('tkn pr logs tells what each step does, and ends with the outcome', () => {
  const lines = first.log.split('\n').filter((line) => line !== '');
  const of = (step: string) =>
    lines.filter((line) => line.startsWith(`[${step}] `)).map((line) => line.slice(step.length + 3));
  expect(of('build : clone')[0]).toMatch(/^clone http:\/\/git\..*shop\.git at its default branch into/u);
  expect(of('build : clone').at(-1)).toMatch(/^cloned: [0-9a-f]{40} /u);
  expect(of('build : build-push').at(-1)).toMatch(/^done: 2 images in .*, listed in \/source\/build_result\.json$/u);
  expect(of('publish : publish').at(-1)).toMatch(/^published 2 of 2; see it with: kubectl get configmap /u);
});

test('a second run for the same commit builds nothing, says so, and changes no ConfigMap', async () => {
  const before = await published();
  const run = await createRun(namespace, redirected(example, namespace));
  const again = await waitForRun(run);
  const log = await logs(run);
  expect(again.results).toEqual({
    ...first.outcome.results,
    // Chains would attest what these name as built by this run.
    IMAGE_URL: '',
    IMAGE_DIGEST: '',
    IMAGES: '',
    REUSED_IMAGES: first.outcome.results.IMAGES,
  });
  expect(log).toContain('already built: ');
  expect(log).toContain('nothing to build: 2 images');
  expect(log).not.toMatch(/building \d+ images?: /u);
  expect(log).toContain('nothing to publish');
  expect(await published()).toEqual(before);
});

test('the example runs unchanged, and pushes to the path that it names', async () => {
  const run = await createRun(namespace, example);
  const outcome = await waitForRun(run);
  expect(outcome, await logs(run)).toMatchObject({ succeeded: true });
  expect(imagesOf(outcome).at(-1)).toContain(`${registryService}/shop/team_api:`);
});

test('with rebuild=true it builds again', async () => {
  const manifest = redirected(example, namespace).replace(
    '  params:\n',
    '  params:\n    - {name: rebuild, value: "true"}\n',
  );
  const run = await createRun(namespace, manifest);
  expect(await waitForRun(run)).toMatchObject({ succeeded: true, results: first.outcome.results });
  expect(await logs(run)).toContain('building 2 images: --rebuild is set');
});

describe('what the pods may do', () => {
  const account = () => `--as=system:serviceaccount:${namespace}:octopipeline-build-push`;

  test('the ServiceAccount may get, create and patch ConfigMaps in its namespace, and nothing else', async () => {
    const { stdout } = await enter('kubectl', [
      'auth',
      'can-i',
      '--list',
      account(),
      `--namespace=${namespace}`,
      '--no-headers',
    ]);
    const granted = stdout.split('\n').filter((line) => !/selfsubject|^\s+\[\//u.test(line));
    expect(granted.map((line) => line.trim().split(/\s{2,}/u))).toEqual([
      ['configmaps', '[]', '[]', '[get create patch]'],
    ]);
    const elsewhere = await enter(
      'kubectl',
      ['auth', 'can-i', 'create', 'configmaps', account(), '--namespace=default'],
      { mayFail: true },
    );
    expect(elsewhere.stdout).toBe('no');
  });

  test('only the publish step mounts a Kubernetes token, and each credential is for one step', async () => {
    const selector = `--selector=tekton.dev/pipelineRun=${first.run.name}`;
    const { items } = await kubectlJson<{ items: readonly Pod[] }>([
      'get',
      'pods',
      selector,
      `--namespace=${namespace}`,
    ]);
    const withToken = items.flatMap(({ spec }) =>
      spec.containers
        // The sidecar has an empty directory there, so that admission adds no token to it.
        .filter(({ volumeMounts }) =>
          volumeMounts.some(({ mountPath, name }) => mountPath.includes('serviceaccount') && hasToken(spec, name)),
        )
        .map(({ name }) => name),
    );
    expect(withToken).toEqual(['step-publish']);
    expect(items).toHaveLength(2);
    const build = items.find(({ metadata }) => metadata.labels['tekton.dev/pipelineTask'] === 'build');
    expect(JSON.stringify(build?.spec.volumes)).not.toContain('serviceAccountToken');
  });

  test('Pod Security restricted was enforced, without a refusal or a warning', async () => {
    const labels = await kubectl(['get', 'namespace', namespace, '--output=jsonpath={.metadata.labels}']);
    expect(labels).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
    const events = await kubectl(['get', 'events', `--namespace=${namespace}`, '--output=jsonpath={.items[*].reason}']);
    expect(events).not.toContain('FailedCreate');
  });
});
