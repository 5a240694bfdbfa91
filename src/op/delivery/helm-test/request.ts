import { inputError, usageError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { ComponentKind, Environment } from '../environments/environment.js';
import type { HelmTestFlags } from './options.js';

/** How to find a release. */
export type ReleaseSelector =
  | { readonly by: 'release'; readonly name: string }
  | { readonly by: 'component'; readonly name: string; readonly kind: ComponentKind | undefined };

/** @throws OpError (usage) when neither release nor component is given, (input) for an invalid name */
export function releaseSelectorOf(flags: HelmTestFlags, environment: Environment | undefined): ReleaseSelector {
  if (flags.release !== undefined) return { by: 'release', name: checkName('--release', flags.release) };
  const name = flags.component ?? environment?.component;
  if (name !== undefined) return { by: 'component', name: checkName('--component', name), kind: environment?.kind };
  throw usageError({
    what: 'op helm-test needs --release or --component',
    why:
      environment === undefined
        ? 'no environment is given, which could name the component'
        : `environment ${environment.name} names no component`,
    hint: 'give the name of the Helm release, or of its HelmRelease with --component',
  });
}

function checkName(flag: string, name: string): string {
  if (name.length <= 253 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u.test(name)) return name;
  throw inputError({
    what: `${flag}="${oneLine(name)}" is not a valid release name`,
    why: 'names consist of a-z, 0-9, "-" and ".", and start and end with a letter or digit',
    hint: 'list releases with: helm list --all-namespaces',
  });
}

/** Which tests to run, by name. */
export interface TestFilter {
  /** Empty: all of them. */
  readonly only: readonly string[];
  readonly not: readonly string[];
}

/** Parses `NAME`, `name=NAME` and `!name=NAME`, as `helm test --filter` does. @throws OpError (input) */
export function parseFilter(values: readonly string[]): TestFilter {
  const only: string[] = [];
  const not: string[] = [];
  for (const value of values) {
    const found = /^(!\s?name=|name=|)([a-z0-9][a-z0-9.-]*)$/u.exec(value);
    if (found === null) {
      throw inputError({
        what: `invalid --filter="${oneLine(value)}"`,
        why: 'it must be NAME, name=NAME or !name=NAME',
        hint: 'list the tests with: helm get hooks RELEASE',
      });
    }
    const [, sign = '', name = ''] = found;
    (sign.startsWith('!') ? not : only).push(name);
  }
  return { only, not };
}
