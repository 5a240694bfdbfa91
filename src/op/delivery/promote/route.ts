import { refusedError, usageError } from '../../kit/errors/op-error.js';
import type { Environment, Environments } from '../environments/environment.js';
import type { PromoteRequest } from './options.js';

/** From where to where. */
export interface Route {
  /** Undefined: the destination is the first environment, and what was built for it is there already. */
  readonly source: Environment | undefined;
  readonly destination: Environment;
  /** Something to tell although it is allowed. */
  readonly warning: string | undefined;
}

type Asked = Pick<PromoteRequest, 'source' | 'destination' | 'until' | 'allowSkip'>;

/**
 * Checks that images go one environment further, in the order of promotion.
 * @throws OpError (usage) when an environment is not said, (input) when it is not known, (refused) for another order
 */
export function routeOf(environments: Environments, { source, destination, until, allowSkip }: Asked): Route {
  const { names } = environments;
  if (destination === undefined) throw missing('--destination', names);
  const [to, last] = [environments.of(destination), until === undefined ? undefined : environments.of(until)];
  if (last !== undefined && names.indexOf(last.name) < names.indexOf(to.name)) {
    throw refused(`nothing is promoted to ${to.name}`, `this delivery goes no further than ${last.name}`, names, '');
  }
  if (source === undefined) {
    if (names[0] !== to.name) throw missing('--source', names);
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
  if (unplaced !== undefined) return `${unplaced} has no place in the order of promotion`;
  if (end < start) return `${to} comes before ${from}`;
  if (end > start + 1) return `${names.slice(start + 1, end).join(', ')} would be skipped`;
  return undefined;
}

const refused = (what: string, why: string, names: readonly string[], otherwise: string) =>
  refusedError({ what, why, hint: `promote in the order ${names.join(' -> ')}${otherwise}` });

const missing = (flag: string, names: readonly string[]) =>
  usageError({
    what: `op promote-image needs ${flag}`,
    why:
      flag === '--source'
        ? `only what goes to the first environment, ${names[0]}, comes from none`
        : 'it has no default',
    hint: `give one of ${names.join(', ')}`,
  });
