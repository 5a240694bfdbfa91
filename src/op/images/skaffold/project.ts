import type { Command } from '../../kit/process/run.js';

/** A repository that Skaffold builds, and the settings for it. */
export interface Project {
  /** Absolute path of the repository's root. */
  readonly directory: string;
  /** Path of skaffold.yaml, from the directory. */
  readonly file: string;
  /** A configuration derived from the file: Skaffold reads it instead of the file. */
  readonly config?: string | undefined;
  readonly profiles: readonly string[];
  readonly namespace: string | undefined;
  readonly platforms: readonly string[];
  /** Registries without TLS. */
  readonly insecure: readonly string[];
  /** Variables for Skaffold and the builders it starts; `undefined` removes one. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Skaffold reads every flag from the environment too. Flags that op decides must not come from there:
 * they would silently change the outcome.
 */
export const notInherited = [
  'PROFILE',
  'NAMESPACE',
  'DEFAULT_REPO',
  'FILENAME',
  'QUIET',
  'OUTPUT',
  'FILE_OUTPUT',
  'DRY_RUN',
  'PUSH',
] as const;

const quiet = ['--interactive=false', '--update-check=false', '--color=0', '--detect-minikube=false'];

/** A Skaffold command for a project. */
export function skaffoldCommand(project: Project, words: readonly string[], flags: readonly string[] = []): Command {
  return {
    program: 'skaffold',
    args: [...words, `--filename=${project.config === undefined ? project.file : '-'}`, ...flags],
    cwd: project.directory,
    ...(project.config === undefined ? {} : { input: project.config }),
    env: skaffoldVariables(project),
  };
}

/** The variables for Skaffold, which hands them on to builders. */
export function skaffoldVariables({ insecure, env }: Pick<Project, 'insecure' | 'env'>): Project['env'] {
  const removed = Object.fromEntries(notInherited.map((name) => [`SKAFFOLD_${name}`, undefined]));
  // Builders that push need the list too: a custom one finds it here.
  return { ...removed, SKAFFOLD_INSECURE_REGISTRY: insecure.join(',') || undefined, ...env };
}

/** The flags of a build and of its dry run: both must name the same images. */
export function buildFlags(project: Project, repository: string | undefined): readonly string[] {
  return [
    ...quiet,
    ...(repository === undefined ? [] : [`--default-repo=${repository}`]),
    ...profileFlags(project),
    ...(project.namespace === undefined ? [] : [`--namespace=${project.namespace}`]),
    ...project.platforms.map((platform) => `--platform=${platform}`),
    ...project.insecure.map((registry) => `--insecure-registry=${registry}`),
  ];
}

/** The profiles as flags of Skaffold. */
export const profileFlags = ({ profiles }: Pick<Project, 'profiles'>) =>
  profiles.map((profile) => `--profile=${profile}`);
