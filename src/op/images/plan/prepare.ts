import { access } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { type Head, readHead, workTree } from '../../systems/git/head.js';
import type { Access } from '../../systems/registry/crane.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { releasePlace } from '../buildpacks/place.js';
import { readSettings, type Settings } from '../settings/settings.js';
import { type Artifacts, readArtifacts } from '../skaffold/artifacts.js';
import { checkProfiles, listProfiles } from '../skaffold/profiles.js';
import type { Project } from '../skaffold/project.js';
import { checkContexts } from './contexts.js';
import type { Around } from './engine.js';
import { listOf } from './list-of.js';
import type { BuildRequest } from './options.js';
import { checkNoCycle } from './stages.js';
import { lookAround } from './surroundings.js';

/** Everything that is known, and checked, before a build starts. */
export interface Prepared {
  /** Its `cwd` is the repository's root, its signal ends with the deadline. */
  readonly context: Context;
  readonly settings: Settings;
  readonly project: Project;
  /** The profiles and why these, for a person. */
  readonly profile: string | undefined;
  readonly access: Access;
  /** Registries that the given docker config has credentials for. */
  readonly logins: readonly string[];
  readonly artifacts: Artifacts;
  /** What there is to build with. */
  readonly around: Around;
  /** The commit that is checked out. */
  readonly head: Head | undefined;
  /** The root of the git work tree, else that of the project: contexts must not leave it. */
  readonly root: string;
}

interface Needs {
  /** The registry when none is configured. */
  readonly defaultRepository?: string;
  /** A profile that is used when skaffold.yaml has it and none is named. */
  readonly usualProfile?: string;
}

/**
 * Reads the configuration and checks all that can be checked before a build, then runs `act`.
 * @throws OpError (input) for configuration, skaffold.yaml, profiles; (deadline) when everything takes too long
 */
export async function prepared<T>(
  outer: Context,
  request: BuildRequest,
  needs: Needs,
  act: (ready: Prepared) => Promise<T>,
) {
  const cwd = resolve(outer.cwd, request.directory);
  const propertiesFile = outer.propertiesFile === undefined ? undefined : resolve(outer.cwd, outer.propertiesFile);
  const timeout = {
    what: `the build in ${cwd} did not end in time`,
    why: `it was allowed ${request.timeout / 1000} s`,
    hint: 'allow more with --timeout, or look above for what it waited for',
  };
  return withDeadline({ ...outer, cwd, propertiesFile }, request.timeout, timeout, async (context) => {
    await checkExists(cwd, request.skaffoldFile);
    const settings = await readSettings(context, request, needs.defaultRepository);
    const docker = await prepareDockerConfig(context, request.dockerconfig && resolve(cwd, request.dockerconfig));
    try {
      const insecure = listOf(settings.insecure?.value);
      const bare: Project = {
        directory: cwd,
        file: request.skaffoldFile,
        profiles: listOf(settings.profile?.value),
        namespace: settings.namespace?.value,
        platforms: request.platform,
        insecure,
        env: docker.env,
      };
      const { project, profile } = await withProfiles(context, bare, settings, needs.usualProfile);
      const [artifacts, head, root] = await Promise.all([
        readArtifacts(context, project),
        readHead(context, cwd),
        workTree(context, cwd),
      ]);
      checkNoCycle(project.file, artifacts.artifacts);
      await checkContexts(project.file, artifacts.artifacts, root);
      const around = await lookAround(context, request, settings, artifacts);
      return await act({
        context,
        settings,
        project,
        profile,
        access: { insecure, env: docker.env },
        logins: docker.hosts.map(({ host }) => host),
        artifacts,
        around,
        head,
        root,
      });
    } finally {
      await docker.dispose();
    }
  }).finally(() => releasePlace(request.builderContainer && resolve(cwd, request.builderContainer)));
}

/** The profiles that exist and are to be used, and why these. */
async function withProfiles(context: Context, project: Project, { profile }: Settings, usual: string | undefined) {
  if (project.profiles.length === 0 && usual === undefined) return { project, profile: undefined };
  const known = await listProfiles(context, project);
  checkProfiles(project, known);
  if (profile !== undefined) return { project, profile: `${project.profiles.join(', ')} (${profile.origin})` };
  if (usual === undefined || !known.includes(usual)) return { project, profile: undefined };
  const why = `${usual} (${project.file} has it, and no other is named)`;
  return { project: { ...project, profiles: [usual] }, profile: why };
}

async function checkExists(directory: string, file: string): Promise<void> {
  const path = isAbsolute(file) ? file : resolve(directory, file);
  await access(path).catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause.code === 'ENOENT' ? 'there is no such file' : cause.message,
      hint: 'name the repository with --directory and its file with --skaffold-file; skaffold init writes a first one',
      cause,
    });
  });
}
