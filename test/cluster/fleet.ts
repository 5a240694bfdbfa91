/** What the tests of `delivery*.test.ts` share: the example fleets of examples/delivery, with names for one test. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { apply, kubectl, projectRoot } from './command.js';
import { makeNamespace } from './namespace.js';
import { registryForPods, registryService } from './registry.js';
import { createRepository, filesOf, gitAddress, gitService, type Repository, removeRepository } from './repository.js';
import { pushChart } from './shop.js';

/** Environments of one example in namespaces of the test cluster, each with Flux objects that follow one Git repository. */
export interface Fleet {
  /** The prefix of all its names; also its path in the registry. */
  readonly name: string;
  /** The repository with the manifests. */
  readonly git: Repository;
  /** The text of `environments.yaml`. */
  readonly environments: string;
  readonly namespaces: readonly string[];
  readonly namespaceOf: (environment: string) => string;
  /** Registry and path of an environment's images, as pods and this machine reach them. */
  readonly repositoryOf: (environment: string) => string;
}

/** An example for {@link createFleet}. */
interface Example {
  readonly folder: string;
  readonly flux: string;
  readonly environments: readonly string[];
  /** The namespaces that the example names; `$1` is the environment. */
  readonly namespace: RegExp;
  /** What Flux creates first. */
  readonly component: string;
}

/** dev, pp and prod in three namespaces of one cluster. */
const inNamespaces: Example = {
  folder: 'namespaces',
  flux: 'flux.yaml',
  environments: ['dev', 'pp', 'prod'],
  namespace: /\bshop-(dev|pp|prod)\b/gu,
  component: 'helmrelease/shop',
};

/** The cluster `edge` of the example with several clusters. */
export const edge: Example = {
  folder: 'clusters',
  flux: 'flux/edge.yaml',
  environments: ['edge'],
  namespace: /(?<=namespace: )shop()\b/gu,
  component: 'deployment/web',
};

/** Pushes the chart, creates the Git repository and the namespaces (Pod Security `restricted`), and waits until Flux follows. */
export async function createFleet(prefix: string, example: Example = inNamespaces): Promise<Fleet> {
  const name = `${prefix}-${randomBytes(3).toString('hex')}`;
  const namespaceOf = (environment: string) => `${name}-${environment}`;
  const namespaces = example.environments.map(namespaceOf);
  const own = (text: string) =>
    text
      .replaceAll(example.namespace, (_, environment: string) => namespaceOf(environment || 'edge'))
      .replaceAll(registryService, `${registryForPods}/${name}`)
      .replaceAll(`${gitService}/fleet.git`, `${gitAddress}/fleet-${name}.git`);
  const folder = join(projectRoot, 'examples/delivery', example.folder);
  const texts = Object.entries(await filesOf(folder)).map(([path, text]) => [path, own(text)] as const);
  const files = new Map(texts);
  const [git] = await Promise.all([
    createRepository(`fleet-${name}`, Object.fromEntries(texts)),
    pushChart(name),
    ...namespaces.map(makeNamespace),
  ]);
  await apply(files.get(example.flux) ?? '');
  await Promise.all(
    namespaces.map((namespace) =>
      kubectl(['wait', '--for=create', example.component, `--namespace=${namespace}`, '--timeout=60s'], {
        timeout: 65_000,
      }),
    ),
  );
  return {
    name,
    git: { ...git, url: `${gitAddress}/fleet-${name}.git` },
    environments: files.get('environments.yaml') ?? '',
    namespaces,
    namespaceOf,
    repositoryOf: (environment) => `${registryForPods}/${name}/${environment}`,
  };
}

/** What the pods of the shop run in an environment, by digest, in order. */
export async function runningDigests({ namespaceOf }: Fleet, environment: string): Promise<string[]> {
  const ids = await kubectl([
    'get',
    'pods',
    `--namespace=${namespaceOf(environment)}`,
    '--selector=app.kubernetes.io/instance=shop',
    '--field-selector=status.phase=Running',
    '--output=jsonpath={.items[*].status.containerStatuses[*].imageID}',
  ]);
  return [...new Set(ids.split(' ').map((id) => id.split('@')[1] ?? id))].sort();
}

/** Deletes all of these; Flux deletes what it has created. */
export async function removeFleet({ git, namespaces }: Fleet): Promise<void> {
  await kubectl(['delete', 'namespace', ...namespaces, '--wait=false']);
  await removeRepository(git);
}
