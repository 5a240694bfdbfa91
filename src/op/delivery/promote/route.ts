import type { Context } from '../../context.js';
import { checkRegistry } from '../../images/settings/repositories.js';
import { readProperties } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { configuredRepository, repositoryKeysOf } from '../environments/configured-repository.js';
import type { Environment, Environments } from '../environments/environment.js';
import type { PromoteRequest } from './options.js';

/** The environments that images go from and to. */
export interface Route {
  /** Undefined: the destination is the first environment, so its images are already there. */
  readonly source: Environment | undefined;
  readonly destination: Environment;
  /** Why the route is unusual, though --allow-skip allows it. */
  readonly warning: string | undefined;
}

type RouteFlags = Pick<PromoteRequest, 'source' | 'destination' | 'until' | 'allowSkip'>;

/**
 * Checks that images go to the next environment in the order of promotion.
 * @throws OpError (usage) when an environment is missing, (input) when it is unknown, (refused) for another order
 */
export function routeOf(environments: Environments, { source, destination, until, allowSkip }: RouteFlags): Route {
  const { names } = environments;
  if (destination === undefined) throw missingFlag('--destination', names);
  const [to, last] = [environments.of(destination), until === undefined ? undefined : environments.of(until)];
  if (last !== undefined && names.indexOf(last.name) < names.indexOf(to.name)) {
    throw refused(`nothing is promoted to ${to.name}`, `this delivery ends at ${last.name}`, names, '');
  }
  if (source === undefined) {
    if (names[0] !== to.name) throw missingFlag('--source', names);
    return { source: undefined, destination: to, warning: undefined };
  }
  const from = environments.of(source);
  const what = `nothing is promoted from ${from.name} to ${to.name}`;
  if (from.name === to.name) throw refused(what, 'they are the same environment', names, '');
  const [start, end] = [names.indexOf(from.name), names.indexOf(to.name)];
  const why = whyNot(names, start, end, { from: from.name, to: to.name });
  if (why !== undefined && !allowSkip) throw refused(what, why, names, ', or give --allow-skip');
  return { source: from, destination: to, warning: why };
}

interface Names {
  readonly from: string;
  readonly to: string;
}

function whyNot(names: readonly string[], start: number, end: number, { from, to }: Names): string | undefined {
  const unplaced = [start < 0 ? from : undefined, end < 0 ? to : undefined].find((name) => name !== undefined);
  if (unplaced !== undefined) return `${unplaced} is not in the order of promotion`;
  if (end < start) return `${to} comes before ${from}`;
  if (end > start + 1) return `${names.slice(start + 1, end).join(', ')} would be skipped`;
  return undefined;
}

const refused = (what: string, why: string, names: readonly string[], otherwise: string) =>
  refusedError({ what, why, hint: `promote in the order ${names.join(' -> ')}${otherwise}` });

const missingFlag = (flag: string, names: readonly string[]) =>
  usageError({
    what: `op promote-image needs ${flag}`,
    why: flag === '--source' ? `only the first environment, ${names[0]}, has no source` : 'it has no default',
    hint: `give one of ${names.join(', ')}`,
  });

/** The repositories of both environments. */
export interface Repositories {
  /** Undefined without a source. */
  readonly source: Setting | undefined;
  /** Undefined only without a source: then nothing is copied. */
  readonly destination: Setting | undefined;
  /** Every repository that an image of a build result may be in. */
  readonly all: readonly string[];
}

type RepositoryFlags = Pick<PromoteRequest, 'sourceRepository' | 'destinationRepository'>;

/**
 * The repository of each side: the flag, then PROMOTE_…, then the one configured for the environment.
 * @throws OpError (input) when one is missing, (refused) when both are the same
 */
export async function repositoriesOf(
  context: Context,
  environments: Environments,
  route: Route,
  { sourceRepository, destinationRepository }: RepositoryFlags,
): Promise<Repositories> {
  const properties = await readProperties(context);
  const find = (flag: string, value: string | undefined, key: string, environment: Environment | undefined) =>
    value === undefined
      ? (configuredRepository(context, properties, [key]) ?? environment?.repository)
      : checkRegistry({ key: flag, value, origin: flag });
  const destination = find(
    '--destination-repository',
    destinationRepository,
    'PROMOTE_DESTINATION_REPOSITORY',
    route.destination,
  );
  const known = environments.names.map((name) => environments.of(name).repository?.value);
  if (route.source === undefined) return { source: undefined, destination, all: distinct([destination?.value]) };
  const source = find('--source-repository', sourceRepository, 'PROMOTE_SOURCE_REPOSITORY', route.source);
  if (source === undefined) throw missingRepository(route.source.name, '--source-repository');
  if (destination === undefined) throw missingRepository(route.destination.name, '--destination-repository');
  if (source.value === destination.value) {
    throw refusedError({
      what: `nothing is promoted from ${route.source.name} to ${route.destination.name}`,
      why: `both have the repository ${source.value} (${source.origin}, ${destination.origin})`,
      hint: 'give each environment its own repository',
    });
  }
  return { source, destination, all: distinct([source.value, destination.value, ...known]) };
}

const distinct = (values: readonly (string | undefined)[]) => [
  ...new Set(values.filter((value) => value !== undefined)),
];

const missingRepository = (name: string, flag: string) =>
  inputError({
    what: `the repository of ${name} is unknown`,
    why: `${flag}, ${repositoryKeysOf(name).join(', ')} and environments.yaml do not set it`,
    hint: `set ${repositoryKeysOf(name)[0]} to the registry and path of its images, or write repository: into environments.yaml`,
  });
