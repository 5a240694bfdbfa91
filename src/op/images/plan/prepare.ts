import { access, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { gitGuard, refuseEmbedded, repositoryAbove, rootOfVolume } from '../../systems/git/embedded.js';
import { type Head, readHead, workTree } from '../../systems/git/head.js';
import { refuseFilters } from '../../systems/git/own-configuration.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import type { RegistryLogin } from '../../systems/registry/dockerconfig/parse.js';
import { type DockerConfig, prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { directoryWithin } from '../buildpacks/files/within-root.js';
import { releaseBuilderHost } from '../buildpacks/sandbox/builder-host.js';
import { listOf, readSettings, type Settings } from '../settings/settings.js';
import type { Artifact } from '../skaffold/artifact.js';
import { type Artifacts, readArtifacts } from '../skaffold/artifacts.js';
import { checkProfiles, listProfiles } from '../skaffold/profiles.js';
import type { Project } from '../skaffold/project.js';
import type { Builders } from './engine.js';
import { findBuilders } from './find-builders.js';
import type { BuildRequest } from './options.js';
import { copyIt, refuseCodeOfFiles, refuseCodeOfTags, refuseSecretsOfEnvironment } from './repository-code.js';
import { warnOfUnknownTags } from './shallow.js';
import { checkNoCycle } from './stages.js';

/** Everything that is known, and checked, before a build starts. */
export interface PreparedBuild {
  /** Its `cwd` is the repository's root, its signal ends with the deadline. */
  readonly context: Context;
  readonly settings: Settings;
  readonly project: Project;
  /** The profiles and where they come from, for a person. */
  readonly profile: string | undefined;
  readonly access: RegistryAccess;
  /** Registries that the given docker config has credentials for. */
  readonly logins: readonly string[];
  /** Those of the docker config that is used, given or not. */
  readonly dockerLogins: readonly RegistryLogin[];
  readonly artifacts: Artifacts;
  readonly builders: Builders;
  /** The commit that is checked out. */
  readonly head: Head | undefined;
  /** The root of the git work tree, else that of the project: contexts must not leave it. */
  readonly root: string;
}

interface Defaults {
  /** The registry when none is configured. */
  readonly defaultRepository?: string;
  /** A profile that is used when skaffold.yaml has it and none is named. */
  readonly defaultProfile?: string;
}

/**
 * Reads the configuration and checks all that can be checked before a build. The end of its `await using` stops the clock, removes the
 * copy of the credentials, and ends the container of a builder.
 * @throws OpError (input) for an invalid configuration, skaffold.yaml or profile; (deadline) when time runs out
 */
export async function prepareBuild(
  outer: Context,
  asked: BuildRequest,
  defaults: Defaults = {},
): Promise<PreparedBuild & AsyncDisposable> {
  const cwd = resolve(outer.cwd, asked.directory);
  const request = { ...asked, skaffoldFile: await orWithYml(cwd, asked.skaffoldFile) };
  const propertiesFile = outer.propertiesFile === undefined ? undefined : resolve(outer.cwd, outer.propertiesFile);
  const timeout = {
    what: `the build in ${cwd} timed out`,
    why: `it was allowed ${request.timeout / 1000} s`,
    hint: 'allow more with --timeout, or look above for what it waited for',
  };
  const deadline = startDeadline({ ...outer, cwd, propertiesFile }, request.timeout, timeout);
  let credentials: DockerConfig | undefined;
  const dispose = async () => {
    try {
      await credentials?.dispose();
    } finally {
      deadline[Symbol.dispose]();
      await releaseBuilderHost(request.builderContainer && resolve(cwd, request.builderContainer));
    }
  };
  try {
    const { context } = deadline;
    await checkExists(cwd, request.skaffoldFile);
    if (!request.allowCustom) await refuseCodeOfFiles(cwd, request.skaffoldFile);
    const settings = await readSettings(context, request, defaults.defaultRepository);
    credentials = await prepareDockerConfig(context, request.dockerconfig && resolve(cwd, request.dockerconfig));
    const project = projectOf(context, request, settings, {
      ...gitGuard(context.env, await rootOfVolume(cwd)),
      ...credentials.env,
    });
    const checked = await readProject(context, request, project, settings, defaults.defaultProfile);
    return {
      ...checked,
      context,
      settings,
      access: { insecure: project.insecure, env: credentials.env },
      logins: credentials.hosts.map(({ host }) => host),
      dockerLogins: credentials.logins,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const projectOf = (
  { cwd: directory }: Context,
  request: BuildRequest,
  settings: Settings,
  env: Project['env'],
): Project => ({
  directory,
  file: request.skaffoldFile,
  profiles: listOf(settings.profile?.value),
  namespace: settings.namespace?.value,
  platforms: request.platform,
  insecure: listOf(settings.insecure?.value),
  env,
});

/** The images of the repository, and what can build them here. */
async function readProject(
  context: Context,
  request: BuildRequest,
  withoutDefault: Project,
  settings: Settings,
  defaultProfile: string | undefined,
) {
  const { project, profile } = await chooseProfiles(context, withoutDefault, settings, defaultProfile);
  const [artifacts, head, root] = await Promise.all([
    readArtifacts(context, project),
    readHead(context, project.directory),
    workTree(context, project.directory),
  ]);
  if (!request.allowCustom) {
    refuseCodeOfTags(project.file, artifacts);
    refuseSecretsOfEnvironment(project.file, artifacts.artifacts, context.env);
  }
  checkNoCycle(project.file, artifacts.artifacts);
  await warnOfUnknownTags(context, project, artifacts);
  await checkContexts(context, project.file, artifacts.artifacts, root);
  const builders = await findBuilders(context, request, settings, artifacts);
  return { project, profile, artifacts, head, root, builders };
}

/** The profiles to use, all of which exist, and where they come from. */
async function chooseProfiles(
  context: Context,
  project: Project,
  { profile }: Settings,
  defaultProfile: string | undefined,
) {
  if (project.profiles.length === 0 && defaultProfile === undefined) return { project, profile: undefined };
  const known = await listProfiles(context, project);
  checkProfiles(project, known);
  if (profile !== undefined) return { project, profile: `${project.profiles.join(', ')} (${profile.origin})` };
  if (defaultProfile === undefined || !known.includes(defaultProfile)) return { project, profile: undefined };
  const why = `${defaultProfile} (default: ${project.file} has it)`;
  return { project: { ...project, profiles: [defaultProfile] }, profile: why };
}

/**
 * @throws OpError (input) when a context is not a directory, or is outside the repository: by itself or through a symbolic link;
 * (refused) when git takes it for another repository
 */
async function checkContexts(
  context: Context,
  file: string,
  artifacts: readonly Artifact[],
  root: string,
): Promise<void> {
  const hint = `correct build.artifacts[].context of ${file}`;
  const top = await realpath(root);
  const repositories = new Set<string>();
  for (const { image, context: path } of artifacts) {
    const outside = isFetched(path, context.env) ? copyIt : undefined;
    const real = await directoryWithin({ path, what: `the context of ${image}`, root, outside }, hint);
    await refuseEmbedded(top, real);
    const repository = await repositoryAbove(top, real);
    if (repository !== undefined && repository !== top) repositories.add(repository);
  }
  // That of the root was checked when its commit was read. Skaffold runs git in the others, too.
  for (const repository of repositories) await refuseFilters(context, repository);
}

/** Whether Skaffold has fetched it, from where `requires[].git` says. Source: pkg/skaffold/git/gitutil.go; the flag --remote-cache-dir. */
const isFetched = (path: string, { SKAFFOLD_REMOTE_CACHE_DIR: directory }: Env): boolean =>
  directory ? within(resolve(directory), path) : path.includes('/.skaffold/remote-cache/');

/** Skaffold reads skaffold.yml where there is no skaffold.yaml. Source: ReadConfiguration, pkg/skaffold/util/config.go. */
async function orWithYml(directory: string, file: string): Promise<string> {
  if (basename(file) !== 'skaffold.yaml') return file;
  const other = join(dirname(file), 'skaffold.yml');
  const isThere = (name: string) =>
    access(resolve(directory, name)).then(
      () => true,
      () => false,
    );
  return !(await isThere(file)) && (await isThere(other)) ? other : file;
}

async function checkExists(directory: string, file: string): Promise<void> {
  const path = isAbsolute(file) ? file : resolve(directory, file);
  await access(path).catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause.code === 'ENOENT' ? 'the file does not exist' : cause.message,
      hint: 'name the repository with --directory and its file with --skaffold-file; skaffold init creates one',
      cause,
    });
  });
}
