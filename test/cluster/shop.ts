/** The shop of the delivery tests: its chart from examples/delivery, its two images, its releases. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apply, crane, enter, kubectl, projectRoot } from './command.js';
import { registry, registryForPods } from './registry.js';

const chart = join(projectRoot, 'examples/delivery/shop');
const images = join(projectRoot, 'test/cluster/samples/shop');

/** Packs the chart and pushes it to `PATH/charts/shop` of the anonymous registry. */
export async function pushChart(path: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chart-'));
  try {
    await enter('helm', ['package', chart, '--destination', directory]);
    await enter('helm', [
      'push',
      join(directory, 'shop-1.0.0.tgz'),
      `oci://${registry}/${path}/charts`,
      '--plain-http',
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** An image of a `build_result.json`. */
export interface ShopImage {
  readonly imageName: 'web' | 'team/api';
  /** `registry/path:tag@digest` */
  readonly tag: string;
}

/** The contents of a `build_result.json`. */
export interface ShopBuild {
  readonly builds: readonly [ShopImage, ShopImage];
}

/**
 * Builds the shop's two images and pushes them, as a build of its repository does.
 * @param repository registry and path, for pods
 * @param content the text of the web page: a different text gives a different digest
 */
export async function pushShop(repository: string, tag: string, content: string): Promise<ShopBuild> {
  const [web, api] = await Promise.all([
    pushService(repository, { imageName: 'web', folder: 'web', tag, content }),
    pushService(repository, { imageName: 'team/api', folder: 'api', tag, content: `api of ${content}` }),
  ]);
  return { builds: [web, api] };
}

interface Service extends Pick<ShopImage, 'imageName'> {
  readonly folder: string;
  readonly tag: string;
  readonly content: string;
}

async function pushService(repository: string, { imageName, folder, tag, content }: Service): Promise<ShopImage> {
  const image = `${repository}/${imageName}:${tag}`;
  const make = 'cp -R "$0" "$1/shop" && cd "$1/shop" && printf %s "$3" >"$2/index.html" && sh build/image.sh "$2"';
  const directory = await mkdtemp(join(tmpdir(), 'shop-'));
  try {
    await enter('env', [`IMAGE=${image}`, 'PUSH_IMAGE=true', 'sh', '-ec', make, images, directory, folder, content]);
  } finally {
    await rm(directory, { recursive: true });
  }
  return { imageName, tag: `${image}@${await crane(['digest', '--insecure', image])}` };
}

/** Repository without tag and digest, and the digest. */
function parts({ tag }: ShopImage): { readonly repository: string; readonly digest: string } {
  const [name = '', digest = ''] = tag.split('@');
  return { repository: name.slice(0, name.lastIndexOf(':')), digest };
}

/** Settings of a release besides its images. */
export interface ReleaseOptions {
  readonly values?: object;
  readonly spec?: object;
}

/** A HelmRelease `shop` with these images and its chart's OCIRepository. @param path of {@link pushChart} */
export function shopManifests({ builds: [web, api] }: ShopBuild, path: string, options: ReleaseOptions = {}): string {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'shop' },
    spec: {
      interval: '10m',
      url: `oci://${registryForPods}/${path}/charts/shop`,
      insecure: true,
      ref: { tag: '1.0.0' },
      layerSelector: { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', operation: 'copy' },
    },
  };
  const release = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'shop' },
    spec: {
      interval: '10m',
      // A failing release blocks the deletion of its namespace until then.
      timeout: '90s',
      chartRef: { kind: 'OCIRepository', name: 'shop' },
      values: { web: { image: web.tag }, api: parts(api), ...options.values },
      ...options.spec,
    },
  };
  return [source, release].map((object) => JSON.stringify(object)).join('\n---\n');
}

/** Makes Flux apply a whole repository to one namespace. */
export async function followRepository(namespace: string, url: string): Promise<void> {
  await apply(
    `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet}
spec: {interval: 10m, url: "${url}", ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: fleet}
spec: {interval: 10m, prune: true, targetNamespace: ${namespace}, sourceRef: {kind: GitRepository, name: fleet}}
`,
    namespace,
  );
}

/** Waits until Flux reports that an object is ready. */
export async function waitReady(namespace: string, object = 'helmrelease/shop', seconds = 60): Promise<void> {
  await kubectl(['wait', '--for=condition=Ready', object, `--namespace=${namespace}`, `--timeout=${seconds}s`], {
    timeout: (seconds + 5) * 1000,
  });
}
