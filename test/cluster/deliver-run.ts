/** Runs of the Pipeline `deliver` for a fleet: what a platform team sets up, an application, and runs like the example. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deliver } from '../../pipelines/deliver.js';
import { deliverExample } from '../../pipelines/examples/deliver.js';
import { pipelineRun, toPipelineRun, toYaml } from '../../src/index.js';
import { apply, kubectl, projectRoot } from './command.js';
import { createFleet, type Fleet, removeFleet } from './fleet.js';
import { applyDist, createNamespace, removeNamespace } from './namespace.js';
import { credentials } from './registry.js';
import { commitFiles, createRepository, filesOf, gitAddress, type Repository, removeRepository } from './repository.js';
import { createRun, imagesOf, logs, type Outcome, type Run, waitForRun } from './run.js';

/** A fleet, a namespace with the catalog whose runs may deliver to it, and the shop's repository. */
export interface Site {
  readonly fleet: Fleet;
  readonly namespace: string;
  readonly app: Repository;
  /** Commits a web page with this text. @returns the commit */
  readonly commit: (content: string) => Promise<string>;
  /** Starts a run of `deliver`; `continuing` takes the images that an earlier run of the revision built. */
  readonly start: (revision: string, until: Delivery['until'], how?: 'continuing') => Promise<Run>;
}

/** Creates all of these. */
export async function createSite(prefix: string): Promise<Site> {
  const fleet = await createFleet(prefix);
  const [namespace, app] = await Promise.all([
    createPipelineNamespace(fleet),
    createRepository(`shop-${fleet.name}`, await filesOf(join(projectRoot, 'test/cluster/samples/shop'))),
  ]);
  return {
    fleet,
    namespace,
    app,
    commit: (content) => commitFiles(app, { 'web/index.html': content }),
    start: (revision, until, how) => createRun(namespace, deliverRun(fleet, { revision, until, how })),
  };
}

/** Removes what {@link createSite} made. */
export async function removeSite({ fleet, namespace, app }: Site): Promise<void> {
  await Promise.all([removeNamespace(namespace), removeFleet(fleet), removeRepository(app)]);
}

/** How a run ended, and everything that it printed. */
export async function finish(run: Run): Promise<{ readonly outcome: Outcome; readonly log: string }> {
  const outcome = await waitForRun(run);
  return { outcome, log: await logs(run) };
}

/** The digests of the images that a run built or found, in order. */
export const builtDigests = (outcome: Outcome): string[] =>
  imagesOf(outcome)
    .map((image) => image.split('@')[1] ?? image)
    .sort();

/** Which Pipelines have which Role in an environment. */
const roles = {
  'octopipeline-environment': ['deliver', 'promote', 'watch'],
  'octopipeline-helm-test': ['deliver', 'promote'],
};

async function createPipelineNamespace({ name: fleet, environments, namespaces }: Fleet): Promise<string> {
  const namespace = await createNamespace(`${fleet}-ci`);
  const manifests = await readFile(join(projectRoot, 'dist/optional/environment.yaml'), 'utf8');
  const allow = async (where: string) => {
    await apply(manifests, where);
    for (const [role, pipelines] of Object.entries(roles)) {
      const subjects = pipelines.map((name) => `--serviceaccount=${namespace}:octopipeline-${name}`);
      await kubectl(['create', 'rolebinding', role, `--role=${role}`, ...subjects, `--namespace=${where}`]);
    }
  };
  const secret = Object.entries(credentials).map(([key, value]) => `--from-literal=${key}=${value}`);
  const here = `--namespace=${namespace}`;
  await Promise.all([
    applyDist(namespace),
    ...namespaces.map(allow),
    kubectl(['create', 'configmap', 'environments', `--from-literal=environments.yaml=${environments}`, here]),
    kubectl(['create', 'secret', 'generic', 'fleet-credentials', '--type=kubernetes.io/basic-auth', ...secret, here]),
  ]);
  return namespace;
}

interface Delivery {
  readonly revision: string;
  readonly until: 'dev' | 'pp' | 'prod';
  readonly how: 'continuing' | undefined;
}

function deliverRun({ name, repositoryOf }: Fleet, { revision, until, how }: Delivery): string {
  const { serviceAccountName, podTemplate } = deliverExample.options;
  const run = pipelineRun({ generateName: 'deliver-' }, deliver, {
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(podTemplate === undefined ? {} : { podTemplate }),
    timeouts: { pipeline: '10m' },
    params: {
      url: `${gitAddress}/shop-${name}.git`,
      revision,
      repository: repositoryOf('dev'),
      until,
      ...(how === 'continuing' ? { rebuild: 'false' } : {}),
      'watch-timeout': '2m',
      'lease-wait': '3m',
    },
    workspaces: {
      source: { volumeClaimTemplate: { storage: '1Gi' } },
      environments: { configMap: 'environments' },
      'manifests-basic-auth': { secret: 'fleet-credentials' },
    },
  });
  return toYaml([toPipelineRun(run)]);
}
