import { inputError, usageError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { ComponentKind, Environment } from '../environments/environment.js';
import type { HelmTestFlags } from './options.js';

/** Where a release is looked for. */
export type Sought =
  | { readonly by: 'release'; readonly name: string }
  | { readonly by: 'component'; readonly name: string; readonly kind: ComponentKind | undefined };

/** @throws OpError (usage) when nothing names it, (input) for what is no name */
export function soughtIn(flags: HelmTestFlags, environment: Environment | undefined): Sought {
  if (flags.release !== undefined) return { by: 'release', name: checkName('--release', flags.release) };
  const name = flags.component ?? environment?.component;
  if (name !== undefined) return { by: 'component', name: checkName('--component', name), kind: environment?.kind };
  throw usageError({
    what: 'op helm-test needs --release or --component',
    why:
      environment === undefined
        ? 'no environment is given either'
        : `environment ${environment.name} names no component`,
    hint: 'give the name of the Helm release, or of its HelmRelease with --component',
  });
}

function checkName(flag: string, name: string): string {
  if (name.length <= 253 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u.test(name)) return name;
  throw inputError({
    what: `${flag}="${oneLine(name)}" is not the name of a release`,
    why: 'names have a-z, 0-9, "-" and ".", and start and end with a letter or a digit',
    hint: 'look for it with: helm list --all-namespaces',
  });
}

/** Which tests to run, by name. */
export interface Filter {
  /** Empty: all of them. */
  readonly only: readonly string[];
  readonly not: readonly string[];
}

/** Reads `NAME`, `name=NAME` and `!name=NAME`, as `helm test --filter` does. @throws OpError (input) */
export function parseFilter(values: readonly string[]): Filter {
  const only: string[] = [];
  const not: string[] = [];
  for (const value of values) {
    const found = /^(!\s?name=|name=|)([a-z0-9][a-z0-9.-]*)$/u.exec(value);
    if (found === null) {
      throw inputError({
        what: `--filter="${oneLine(value)}" names no test`,
        why: 'it takes NAME, name=NAME or !name=NAME',
        hint: 'look for the names with: helm get hooks RELEASE',
      });
    }
    const [, sign = '', name = ''] = found;
    (sign.startsWith('!') ? not : only).push(name);
  }
  return { only, not };
}
