import { access } from 'node:fs/promises';
import { dirname, normalize, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readSettings, type Settings } from '../../images/settings/settings.js';
import type { Artifact } from '../../images/skaffold/artifact.js';
import { readArtifacts } from '../../images/skaffold/artifacts.js';
import { checkProfiles, listProfiles } from '../../images/skaffold/profiles.js';
import type { Project } from '../../images/skaffold/project.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { RunRequest } from './options.js';
import { type ContainerSettings, findRunFile, type RunFile } from './run-file.js';

/** A repository with images to run, and its configuration. */
export interface Repository {
  /** Its `cwd` is the root of the repository. */
  readonly context: Context;
  readonly project: Project;
  readonly runnables: readonly Runnable[];
  readonly file: RunFile;
  readonly settings: Settings;
}

/** Reads skaffold.yaml, the run file and the configuration. @throws OpError (input) */
export async function readRepository(outer: Context, request: RunRequest): Promise<Repository> {
  const cwd = resolve(outer.cwd, request.directory);
  const context = { ...outer, cwd, propertiesFile: outer.propertiesFile && resolve(outer.cwd, outer.propertiesFile) };
  const flags = { ...request, destination: 'local', pushAll: false, insecureRegistry: [] } as const;
  const settings = await readSettings(context, flags, 'localhost:5001');
  const project: Project = {
    directory: cwd,
    file: request.skaffoldFile,
    profiles: (settings.profile?.value ?? '').split(',').filter((name) => name !== ''),
    namespace: undefined,
    platforms: [],
    insecure: [],
    env: {},
  };
  const [runnables, file] = await Promise.all([readRunnables(context, project), findRunFile(context, cwd)]);
  const unknown = unknownContexts(runnables, file);
  if (unknown.length > 0) {
    const names = [...new Set(runnables.map(({ name }) => name))].join(', ');
    context.log.warn(`${file.name}: unknown contexts: ${unknown.join(', ')}; ${project.file} has ${names}`);
  }
  return { context, project, runnables, file, settings };
}

/** One image of skaffold.yaml that can be run. */
export interface Runnable {
  /** Path of its context, relative to skaffold.yaml; `.` for the same directory. */
  readonly name: string;
  readonly artifact: Artifact;
}

/**
 * The images of skaffold.yaml, as Skaffold resolves it.
 * @throws OpError (input) when it is missing or malformed, or when it has no image
 */
async function readRunnables(context: Context, project: Project): Promise<readonly Runnable[]> {
  const path = resolve(project.directory, project.file);
  await access(path).catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause.code === 'ENOENT' ? 'the file does not exist' : cause.message,
      hint: 'set the repository with --directory, and the file with --skaffold-file',
      cause,
    });
  });
  if (project.profiles.length > 0) checkProfiles(project, await listProfiles(context, project));
  const { artifacts } = await readArtifacts(context, project);
  return artifacts.map((artifact) => ({ name: relative(dirname(path), artifact.context) || '.', artifact }));
}

/** `./api/` → `api` */
const normalizeName = (name: string) => normalize(name).replace(/(?<=.)\/$/u, '');

/**
 * The image whose context has that name, else the image with that name.
 * @throws OpError (input) when there is none, or when several share that context
 */
export function selectRunnable(all: readonly Runnable[], word: string, file: string): Runnable {
  const ofContext = all.filter(({ name }) => name === normalizeName(word));
  const ofImage = all.filter(({ artifact }) => artifact.image === word);
  const [first, second] = ofContext.length > 0 ? ofContext : ofImage;
  if (first !== undefined && second === undefined) return first;
  if (first === undefined) {
    throw inputError({
      what: `unknown context "${word}"`,
      why: `${file} has ${all.map(({ name, artifact }) => `${name} (image ${artifact.image})`).join(', ')}`,
      hint: 'to list the contexts: op run context list',
    });
  }
  throw inputError({
    what: `the context "${word}" is ambiguous`,
    why: `${file} builds ${ofContext.map(({ artifact }) => artifact.image).join(' and ')} from it`,
    hint: `name an image instead, such as op run ${first.artifact.image}`,
  });
}

const noSettings: ContainerSettings = { ports: undefined, env: {}, volumes: [] };

/** The settings of an image in a run file: under its context or its name; the name comes first when images share a context. */
export function settingsFor(
  { name, artifact }: Runnable,
  all: readonly Runnable[],
  { contexts }: Pick<RunFile, 'contexts'>,
): ContainerSettings {
  const under = (key: string) => [...contexts].find(([name]) => normalizeName(name) === key)?.[1];
  const byContext = under(name);
  const byImage = all.some((other) => other.name === artifact.image) ? undefined : contexts.get(artifact.image);
  const shared = all.filter((other) => other.name === name).length > 1;
  return (shared ? (byImage ?? byContext) : (byContext ?? byImage)) ?? noSettings;
}

/** Names in a run file that are neither a context nor an image. */
export const unknownContexts = (all: readonly Runnable[], { contexts }: Pick<RunFile, 'contexts'>): readonly string[] =>
  [...contexts.keys()].filter(
    (key) => !all.some(({ name, artifact }) => name === normalizeName(key) || artifact.image === key),
  );
