/**
 * What `--allow-custom=false` refuses: code of the repository that would run in op's own process tree, where registry credentials are.
 * Skaffold 2.16 runs such code in more places than builds: its templates have a function `cmd`, which runs a program even while
 * skaffold.yaml is read (build.artifacts[].docker.network) or tags are made, skaffold.env sets variables of the git that it starts, and
 * the tag policy inputDigest asks custom, ko, jib and bazel builders for their files.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { isScalar, parseAllDocuments, visit } from 'yaml';
import { refusedError } from '../../kit/errors/op-error.js';
import type { Artifact } from '../skaffold/artifact.js';
import type { Artifacts } from '../skaffold/artifacts.js';
import type { PlannedImage } from './plan.js';

const hint =
  'remove it, or allow code of the repository with --allow-custom=true (in a Task: the parameter allow-custom)';

/**
 * Refuses what would run code as soon as Skaffold reads the files. To be called before Skaffold is started.
 * @throws OpError (refused)
 */
export async function refuseCodeOfFiles(directory: string, file: string): Promise<void> {
  const found = await stat(join(directory, 'skaffold.env')).catch(() => undefined);
  if (found !== undefined) throw refused('skaffold.env', 'Skaffold sets its variables for the programs that it starts');
  await refuseCodeOfFile(resolve(directory, file), new Set());
}

const modules = v.looseObject({
  requires: v.optional(v.nullable(v.array(v.looseObject({ path: v.nullish(v.string()) })))),
});
const remote = ['git', 'googleCloudBuildRepoV2', 'googleCloudStorage'] as const;

async function refuseCodeOfFile(path: string, seen: Set<string>): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  // Skaffold itself reports a file that is missing.
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const documents = parseAllDocuments(text);
  // Skaffold may read what op cannot: other encodings, for example.
  if (text.includes('\0') || documents.some(({ errors }) => errors.length > 0)) {
    throw refused(path, 'it is not valid YAML, so op cannot tell whether it runs code');
  }
  for (const document of documents) {
    visit(document, (_, node) => {
      if (isScalar(node) && typeof node.value === 'string') refuseTemplate(path, node.value);
    });
    const config = v.safeParse(modules, document.toJS());
    for (const required of (config.success && config.output.requires) || []) {
      const source = remote.find((name) => required[name]);
      if (source !== undefined) throw refused(path, `requires[].${source} is a configuration of another repository`);
      if (required.path) await refuseCodeOfFile(await fileAt(resolve(dirname(path), required.path)), seen);
    }
  }
}

/** A module may be named by its directory. */
async function fileAt(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return path;
  const usual = join(path, 'skaffold.yaml');
  return (await stat(usual).catch(() => undefined)) === undefined ? join(path, 'skaffold.yml') : usual;
}

function refuseTemplate(path: string, text: string): void {
  if (/\{\{.*\bcmd\b/su.test(text)) throw refused(path, `the template ${JSON.stringify(text)} runs a program`);
}

/**
 * Refuses what would run code when Skaffold makes the tags. To be called before the dry run.
 * @throws OpError (refused)
 */
export function refuseCodeOfTags(file: string, { artifacts, configs }: Pick<Artifacts, 'artifacts' | 'configs'>): void {
  // Once more, as Skaffold has read it: with profiles and defaults.
  refuseTemplate(file, JSON.stringify(configs));
  if (!configs.some(({ build }) => JSON.stringify(build.tagPolicy ?? {}).includes('"inputDigest"'))) return;
  const asked = artifacts.filter(({ docker, buildpacks }) => docker === undefined && buildpacks === undefined);
  if (asked.length === 0) return;
  throw refused(file, `the tag policy inputDigest runs the builders of ${namesOf(asked)} to list their files`);
}

/**
 * Refuses to build images with code of the repository in op's step. Images that are only reused are allowed.
 * @throws OpError (refused) that names every such image with its builder
 */
export function refuseRepositoryCode(file: string, images: readonly Pick<PlannedImage, 'artifact' | 'choice'>[]): void {
  const running = images.filter(({ artifact, choice }) => choice.engine === 'skaffold' || hasHooks(artifact));
  if (running.length === 0) return;
  throw refusedError({
    what: `cannot build ${namesOf(running.map(({ artifact }) => artifact))} of ${file}`,
    why: 'this would run code of the repository where op has its credentials, and --allow-custom is false',
    hint: 'build these images with a Dockerfile or buildpacks and without hooks, or set --allow-custom=true (in a Task: the parameter allow-custom)',
  });
}

/** Whether commands of skaffold.yaml run before or after the build of the image. */
const hasHooks = ({ onlySkaffold }: Artifact) => onlySkaffold.some((setting) => setting.startsWith('hooks.'));

const namesOf = (artifacts: readonly Artifact[]) =>
  artifacts
    .map((artifact) => `${artifact.image} (${artifact.builder}${hasHooks(artifact) ? ' with hooks' : ''})`)
    .join(', ');

const refused = (path: string, why: string) =>
  refusedError({ what: `cannot use ${path} with --allow-custom=false`, why, hint });
