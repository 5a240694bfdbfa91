import type { Context } from '../../context.js';
import { checked } from '../../images/settings/repositories.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import type { Environment, Environments } from '../environments/environment.js';
import { propertiesOf } from '../environments/read.js';
import { keysOf, repositoryFrom } from '../environments/repositories.js';
import type { PromoteRequest } from './options.js';
import type { Route } from './route.js';

/** Where the images of both environments lie. */
export interface Repositories {
  /** Undefined without a source. */
  readonly source: Setting | undefined;
  /** Undefined only without a source: then nothing is copied. */
  readonly destination: Setting | undefined;
  /** Every repository that an image of a build result may lie in. */
  readonly all: readonly string[];
}

type Given = Pick<PromoteRequest, 'sourceRepository' | 'destinationRepository'>;

/**
 * The repository of each side: the flag, then PROMOTE_…, then what is configured for the environment.
 * @throws OpError (input) when there is none, (refused) when both are the same
 */
export async function repositoriesOf(
  context: Context,
  environments: Environments,
  route: Route,
  { sourceRepository, destinationRepository }: Given,
): Promise<Repositories> {
  const properties = await propertiesOf(context);
  const find = (flag: string, value: string | undefined, key: string, environment: Environment | undefined) =>
    value === undefined
      ? (repositoryFrom(context, properties, [key]) ?? environment?.repository)
      : checked({ key: flag, value, origin: flag });
  const destination = find(
    '--destination-repository',
    destinationRepository,
    'PROMOTE_DESTINATION_REPOSITORY',
    route.destination,
  );
  const known = environments.names.map((name) => environments.of(name).repository?.value);
  if (route.source === undefined) return { source: undefined, destination, all: present([destination?.value]) };
  const source = find('--source-repository', sourceRepository, 'PROMOTE_SOURCE_REPOSITORY', route.source);
  if (source === undefined) throw missing(route.source.name, '--source-repository');
  if (destination === undefined) throw missing(route.destination.name, '--destination-repository');
  if (source.value === destination.value) {
    throw refusedError({
      what: `nothing is promoted from ${route.source.name} to ${route.destination.name}`,
      why: `both have the repository ${source.value} (${source.origin}, ${destination.origin})`,
      hint: 'give each environment a repository of its own',
    });
  }
  return { source, destination, all: present([source.value, destination.value, ...known]) };
}

const present = (values: readonly (string | undefined)[]) => [
  ...new Set(values.filter((value) => value !== undefined)),
];

const missing = (name: string, flag: string) =>
  inputError({
    what: `the repository of ${name} is not known`,
    why: `neither ${flag}, nor ${keysOf(name).join(' or ')}, nor environments.yaml says it`,
    hint: `set ${keysOf(name)[0]} to the registry and path of its images, or write repository: into environments.yaml`,
  });
