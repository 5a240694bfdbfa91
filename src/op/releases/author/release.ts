import type { Json } from '../../store/documents/body.js';
import type { ExecOptions, Executed } from './item-context.js';
import { type call, type deploy, type Item, referencesBelow } from './items.js';
import type { Environments, EnvironmentValue, Ref } from './values.js';

/** What a release is made with. */
export interface ReleaseScope {
  /** The environments that there are now; when there are others, the release is planned again. */
  readonly environments: () => Environments;
  /** Adds a phase: its items run side by side, after all items of the phase before. */
  readonly phase: (name: string, items: readonly Item[]) => void;
  readonly call: typeof call;
  readonly deploy: typeof deploy;
  /** Custom state that all packages share: `op state set @/custom/NAME VALUE`. */
  readonly custom: <Value extends Json>(name: string) => Ref<Value>;
  /** Custom state of this release only: `op state set FILE/@rN/custom/NAME VALUE`. */
  readonly ownCustom: <Value extends Json>(name: string) => Ref<Value>;
  /**
   * Outputs of another release of this repository, as they are now.
   * @example of<typeof network>('network.release.ts').deploy(environment).vpc
   */
  readonly of: <Other>(file: string) => OtherRelease<Other extends ReleaseDefinition<infer Exports> ? Exports : never>;
  /** Makes an environment. A file that does this has no phases. */
  readonly registerEnvironment: (name: string, attributes?: Readonly<Record<string, string>>) => EnvironmentValue;
}

type Single<One> = One extends readonly (infer Member)[] ? Member : One;
/** The items in what the function of a release returns: an item, a list, or an object of both. */
type Members<Exports> = Exports extends { readonly is: string } | readonly unknown[]
  ? Single<Exports>
  : Single<Exports[keyof Exports]>;
type CallName<Member> = Member extends { readonly is: 'call'; readonly name: infer Name extends string } ? Name : never;
type CallOutput<Member, Name> = Member extends { readonly is: 'call'; readonly name: Name; readonly output: infer Refs }
  ? Refs
  : never;
type DeployOutput<Member> = Member extends { readonly is: 'deploy'; readonly output: infer Refs } ? Refs : never;

/** The outputs of another release: of the items that its function returns. */
export interface OtherRelease<Exports> {
  readonly call: <Name extends CallName<Members<Exports>>>(name: Name) => CallOutput<Members<Exports>, Name>;
  readonly deploy: (environment: EnvironmentValue) => DeployOutput<Members<Exports>>;
}

/** What a `*.release.ts` exports by default. */
export interface ReleaseDefinition<Exports = unknown> {
  readonly octopipeline: 'release';
  readonly name: string;
  readonly define: (scope: ReleaseScope) => Exports;
}

/**
 * Defines a release: how a package is built and deployed, over all environments.
 *
 * @example
 * export default release('shop', ({ environments, phase, call, deploy }) => {
 *   const build = call('build', { run: async ({ exec }) => ({ image: (await exec('./build.sh')).stdout.trim() }) });
 *   phase('build', [build]);
 *   phase('production', environments().where({ type: 'production' }).map((environment) =>
 *     deploy(environment, {
 *       inputs: { image: build.output.image },
 *       up: async ({ inputs, exec }) => void (await exec('./up.sh', [environment.name, inputs.image])),
 *       down: ({ exec }) => exec('./down.sh', [environment.name]),
 *     }),
 *   ));
 * });
 */
export const release = <Exports>(
  name: string,
  define: (scope: ReleaseScope) => Exports,
): ReleaseDefinition<Exports> => ({ octopipeline: 'release', name, define });

/** What `octopipeline.repo.ts` exports by default. */
export interface RepositoryDefinition {
  readonly octopipeline: 'repository';
  /** Used in references instead of the URL of the repository. */
  readonly alias?: string;
  /** Where state is: `directory:PATH`, `git:URL#BRANCH` or `cluster`. */
  readonly state?: string;
  /** Where intent is, if it is not where state is. */
  readonly intent?: string;
  /** Makes a CI system run `op work any` at a commit. */
  readonly trigger?: (context: TriggerContext) => unknown;
}

export interface TriggerContext {
  readonly commit: string;
  readonly exec: (program: string, args?: readonly string[], options?: ExecOptions) => Promise<Executed>;
  readonly log: (text: string) => void;
}

/** Defines what all releases of a repository share. @example export default repository({ alias: 'shop', state: 'cluster' }); */
export const repository = (options: Omit<RepositoryDefinition, 'octopipeline'>): RepositoryDefinition => ({
  ...options,
  octopipeline: 'repository',
});

/** Outputs of another file, by references. */
export const otherRelease = (file: string) => ({
  call: (name: string) => referencesBelow(`//${file}/@/task/${name}`),
  deploy: ({ name }: EnvironmentValue) => referencesBelow(`//${file}/@/deploy/${name}`),
});
