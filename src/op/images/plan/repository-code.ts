/**
 * What `--allow-custom=false` refuses: code of the repository that would run in op's own process tree, where registry credentials are.
 * Skaffold 2.16 runs such code in more places than builds: its templates have a function `cmd`, which runs a program even while
 * skaffold.yaml is read (build.artifacts[].docker.network) or tags are made, skaffold.env sets variables of the git that it starts, and
 * the tag policy inputDigest asks custom, ko, jib and bazel builders for their files.
 */
import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Env, namesSecret } from '../../kit/config/setting.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { Artifact } from '../skaffold/artifact.js';
import type { Artifacts } from '../skaffold/artifacts.js';
import { readSafely } from '../skaffold/read-safely.js';
import type { PlannedImage } from './plan.js';

const hint =
  'remove it, or allow code of the repository with --allow-custom=true (in a Task: the parameter allow-custom)';
/** What to do about a configuration of another repository: images are built from this one only. */
export const copyIt =
  'copy that configuration, with what its images are built from, into this repository, and require it there (requires: [{path: DIRECTORY}])';

/**
 * Refuses what would run code as soon as Skaffold reads the files. To be called before Skaffold is started.
 * @throws OpError (refused)
 */
export async function refuseCodeOfFiles(directory: string, file: string): Promise<void> {
  const found = await lstat(join(directory, 'skaffold.env')).catch(() => undefined);
  if (found !== undefined) throw refused('skaffold.env', 'Skaffold sets its variables for the programs that it starts');
  await refuseCodeOfFile(resolve(directory, file), new Set());
}

async function refuseCodeOfFile(path: string, seen: Set<string>): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  const file = await readSafely(path);
  // Skaffold itself reports a file that is missing.
  if (file === undefined) return;
  if (typeof file === 'string') throw refused(path, file);
  if ('remote' in file) {
    throw refused(path, `requires[].${file.remote} is a configuration of another repository`, copyIt);
  }
  for (const text of file.texts) refuseTemplate(path, text);
  for (const module of file.modules) await refuseCodeOfFile(module, seen);
}

/** Skaffold expands some templates twice: what the first expansion writes can be another one. */
function refuseTemplate(path: string, text: string): void {
  const shown = JSON.stringify(text);
  if (/\{\{.*\bcmd\b/su.test(text)) throw refused(path, `the template ${shown} runs a program`);
  const secret = [...text.matchAll(plainTemplate)].find(([, name = '']) => namesSecret(name))?.[1];
  if (secret !== undefined) throw refused(path, `the template ${shown} reads ${secret}, and ${holdsSecret}`);
  if (!text.replaceAll(plainTemplate, '').includes('{{')) return;
  throw refused(path, `the template ${shown} is more than {{.NAME}}, so op cannot tell whether it runs a program`);
}

/** The value of a variable. */
const plainTemplate = /\{\{\s*\.(\w+)\s*\}\}/gu;
const holdsSecret = 'variables with such names hold secrets';

/**
 * Refuses what would run code when Skaffold makes the tags. To be called before the dry run.
 * @throws OpError (refused)
 */
export function refuseCodeOfTags(file: string, { artifacts, configs }: Pick<Artifacts, 'artifacts' | 'configs'>): void {
  // Once more, as Skaffold has read it: with profiles and defaults.
  for (const text of textsOf(configs)) refuseTemplate(file, text);
  if (!configs.some(({ build }) => JSON.stringify(build.tagPolicy ?? {}).includes('"inputDigest"'))) return;
  const asked = artifacts.filter(({ docker, buildpacks }) => docker === undefined && buildpacks === undefined);
  if (asked.length === 0) return;
  throw refused(file, `the tag policy inputDigest runs the builders of ${namesOf(asked)} to list their files`);
}

/**
 * Refuses what would give secrets of op's environment to a Dockerfile: a build argument without a value, and a secret that is a variable.
 * @throws OpError (refused)
 */
export function refuseSecretsOfEnvironment(file: string, artifacts: readonly Artifact[], env: Env): void {
  for (const { image, docker } of artifacts) {
    const bare = Object.entries(docker?.buildArgs ?? {}).flatMap(([name, value]) => (value === null ? [name] : []));
    const argument = bare.find((name) => namesSecret(name) && env[name] !== undefined);
    if (argument !== undefined) throw refused(file, `${image} has the build argument ${argument}, and ${holdsSecret}`);
    const variables = (docker?.secrets ?? []).map(
      ({ id, src, env: variable }) => variable ?? (src === undefined ? id : ''),
    );
    const secret = variables.find((name) => env[name] !== undefined);
    if (secret === undefined) continue;
    throw refused(
      file,
      `${image} takes the variable ${secret} as a secret: give secrets in the directory of --secrets`,
    );
  }
}

/** All keys and texts of a value. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...textsOf(part)]);
}

/**
 * Refuses to build images with code of the repository in op's step. Images that are only reused are allowed.
 * @throws OpError (refused) that names every such image with its builder
 */
export function refuseRepositoryCode(file: string, images: readonly Pick<PlannedImage, 'artifact' | 'choice'>[]): void {
  const running = images.filter(({ artifact, choice }) => runsCode.has(choice.engine) || hasHooks(artifact));
  if (running.length === 0) return;
  throw refusedError({
    what: `cannot build ${namesOf(running.map(({ artifact }) => artifact))} of ${file}`,
    why: 'this would run code of the repository where op has its credentials, and --allow-custom is false',
    hint: 'build these images with a Dockerfile or buildpacks and without hooks, or set --allow-custom=true (in a Task: the parameter allow-custom)',
  });
}

/** Engines that run code of the repository in op's step. */
const runsCode: ReadonlySet<unknown> = new Set(['skaffold', 'custom']);

/** Whether commands of skaffold.yaml run before or after the build of the image. */
const hasHooks = ({ onlySkaffold }: Artifact) => onlySkaffold.some((setting) => setting.startsWith('hooks.'));

const namesOf = (artifacts: readonly Artifact[]) =>
  artifacts
    .map((artifact) => `${artifact.image} (${artifact.builder}${hasHooks(artifact) ? ' with hooks' : ''})`)
    .join(', ');

const refused = (path: string, why: string, remedy = hint) =>
  refusedError({ what: `cannot use ${path} with --allow-custom=false`, why, hint: remedy });
