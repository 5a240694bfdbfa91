import { access } from 'node:fs/promises';
import { dirname, normalize, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { Artifact } from '../../images/skaffold/artifact.js';
import { readArtifacts } from '../../images/skaffold/artifacts.js';
import { checkProfiles, listProfiles } from '../../images/skaffold/profiles.js';
import type { Project } from '../../images/skaffold/project.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { ContainerSettings, RunFile } from './run-file.js';

/** One image of skaffold.yaml that can be run. */
export interface Runnable {
  /** Its context as people know it: the path from skaffold.yaml, `.` for its own directory. */
  readonly name: string;
  readonly artifact: Artifact;
}

/**
 * The images of skaffold.yaml, as Skaffold resolves it.
 * @throws OpError (input) when it is missing, malformed, or describes no image
 */
export async function readRunnables(context: Context, project: Project): Promise<readonly Runnable[]> {
  const path = resolve(project.directory, project.file);
  await access(path).catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause.code === 'ENOENT' ? 'there is no such file' : cause.message,
      hint: 'name the repository with --directory and its file with --skaffold-file',
      cause,
    });
  });
  if (project.profiles.length > 0) checkProfiles(project, await listProfiles(context, project));
  const { artifacts } = await readArtifacts(context, project);
  return artifacts.map((artifact) => ({ name: relative(dirname(path), artifact.context) || '.', artifact }));
}

/** `./api/` is `api`. */
const plain = (name: string) => normalize(name).replace(/(?<=.)\/$/u, '');

/**
 * The image whose context has that name, else the one that has that name itself.
 * @throws OpError (input) when there is none, and when several have that context
 */
export function selectRunnable(all: readonly Runnable[], word: string, file: string): Runnable {
  const ofContext = all.filter(({ name }) => name === plain(word));
  const ofImage = all.filter(({ artifact }) => artifact.image === word);
  const [first, second] = ofContext.length > 0 ? ofContext : ofImage;
  if (first !== undefined && second === undefined) return first;
  if (first === undefined) {
    throw inputError({
      what: `there is no context "${word}"`,
      why: `${file} has ${all.map(({ name, artifact }) => `${name} (image ${artifact.image})`).join(', ')}`,
      hint: 'run op run context list to see them, and name one',
    });
  }
  throw inputError({
    what: `the context "${word}" is ambiguous`,
    why: `${file} builds ${ofContext.map(({ artifact }) => artifact.image).join(' and ')} from it`,
    hint: `name the image instead, such as op run ${first.artifact.image}`,
  });
}

const nothing: ContainerSettings = { ports: undefined, env: {}, volumes: [] };

/** What a run file says of an image: under its context, or under its own name, which goes first where a context has several. */
export function settingsFor(
  { name, artifact }: Runnable,
  all: readonly Runnable[],
  { contexts }: Pick<RunFile, 'contexts'>,
): ContainerSettings {
  const under = (key: string) => [...contexts].find(([written]) => plain(written) === key)?.[1];
  const byContext = under(name);
  const byImage = all.some((other) => other.name === artifact.image) ? undefined : contexts.get(artifact.image);
  const shared = all.filter((other) => other.name === name).length > 1;
  return (shared ? (byImage ?? byContext) : (byContext ?? byImage)) ?? nothing;
}

/** Names of a run file that are neither a context nor an image. */
export const strangers = (all: readonly Runnable[], { contexts }: Pick<RunFile, 'contexts'>): readonly string[] =>
  [...contexts.keys()].filter(
    (key) => !all.some(({ name, artifact }) => name === plain(key) || artifact.image === key),
  );
