import type { Env } from '../../kit/config/setting.js';
import { type Condition, partsOf, type Question, type SkaffoldCommand } from './activation.js';

/** A profile, as far as it decides whether it is applied. */
export interface Profile {
  readonly name: string;
  readonly activation: readonly Condition[];
  readonly requiresAllActivations: boolean;
}

/** An item of `requires`. */
export interface RequiredConfigs {
  /** Absolute path. */
  readonly file: string;
  /** The names of the configurations in it; none for all. */
  readonly configs: readonly string[];
  readonly activeProfiles: readonly { readonly name: string; readonly activatedBy: readonly string[] }[];
}

/** One document of a skaffold.yaml. */
export interface Config {
  readonly name: string;
  readonly profiles: readonly Profile[];
  readonly requires: readonly RequiredConfigs[];
}

/** A run of Skaffold. */
export interface SkaffoldRun {
  readonly command: SkaffoldCommand;
  /** Profiles named with `--profile`; `-name` switches one off. */
  readonly named: readonly string[];
  /** Whether modules get the named profiles too: `--propagate-profiles`. */
  readonly propagate: boolean;
  /** Whether profiles may activate by themselves: `--profile-auto-activation`. */
  readonly automatic: boolean;
  readonly env: Env;
  /** The questions whose answer is yes. */
  readonly yes: ReadonlySet<Question>;
}

/** The profiles of one configuration, in the order in which Skaffold applies them. */
export interface AppliedProfiles {
  readonly file: string;
  /** The number of the document in the file. */
  readonly index: number;
  readonly profiles: readonly string[];
}

/**
 * The profiles that a run of Skaffold applies, configuration by configuration, in the order in which it visits them. One that it visits
 * again is listed again: with other profiles, Skaffold fails.
 * Source: Skaffold, processEachConfig (pkg/skaffold/parser/config.go) and ApplyProfiles (pkg/skaffold/schema/profiles.go).
 */
export function appliedProfiles(
  files: ReadonlyMap<string, readonly Config[]>,
  main: string,
  run: SkaffoldRun,
): readonly AppliedProfiles[] {
  const applied: AppliedProfiles[] = [];
  const visited = new Set<string>();
  const visit = (file: string, selected: readonly string[], named: readonly string[]) => {
    for (const [index, { name, profiles, requires }] of (files.get(file) ?? []).entries()) {
      if (selected.length > 0 && !selected.includes(name)) continue;
      const config = `${file}#${index}`;
      const active = activeProfiles(profiles, named, run);
      applied.push({ file, index, profiles: active });
      if (visited.has(config)) continue;
      visited.add(config);
      for (const required of requires) {
        visit(required.file, required.configs, namedForModule(required, active, run));
      }
    }
  };
  visit(main, [], run.named);
  return applied;
}

/** Those that activate by themselves in the order of the file, then the named ones. */
function activeProfiles(profiles: readonly Profile[], named: readonly string[], run: SkaffoldRun): readonly string[] {
  let active = run.automatic ? profiles.filter((profile) => activates(profile, run)).map(({ name }) => name) : [];
  for (const name of named) {
    if (name.startsWith('-')) active = active.filter((other) => other !== name.slice(1));
    else if (profiles.some((profile) => profile.name === name) && !active.includes(name)) active = [...active, name];
  }
  return active;
}

function activates({ activation, requiresAllActivations }: Profile, run: SkaffoldRun): boolean {
  const holds = (condition: Condition) =>
    partsOf(condition, run).every((part) => (typeof part === 'boolean' ? part : run.yes.has(part)));
  if (activation.length === 0) return false;
  return requiresAllActivations ? activation.every(holds) : activation.some(holds);
}

function namedForModule({ activeProfiles }: RequiredConfigs, active: readonly string[], run: SkaffoldRun) {
  const named = activeProfiles
    .filter(({ activatedBy }) => activatedBy.length === 0 || activatedBy.some((name) => active.includes(name)))
    .map(({ name }) => name);
  return run.propagate ? [...named, ...run.named.filter((name) => !named.includes(name))] : named;
}
