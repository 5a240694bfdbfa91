import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeRoom } from '../build-result/make-room.js';
import { writeBuildResult } from '../build-result/write.js';
import { readProperties } from '../config/properties.js';
import type { Context } from '../context.js';
import { prepareDockerConfig } from '../dockerconfig/prepare.js';
import { inputError, refusedError } from '../errors/op-error.js';
import { type Head, readHead } from '../git/head.js';
import { shownPath } from '../log/path.js';
import { withDeadline } from '../process/deadline.js';
import { type Access, lookUp } from '../registry/crane.js';
import { formatReference, parseReference, type Reference } from '../registry/reference.js';
import { parseResultPaths, writeResults } from '../results/results.js';
import { filesDiffer } from './already-built.js';
import { imageOutputs, pushOutputs, sourceOutputs } from './outputs.js';

/** What every command asks for that builds one image without skaffold.yaml. */
export interface StandAloneRequest {
  /** The image to push, with its tag. */
  readonly image: string;
  /** Root of the repository; every relative path starts there. */
  readonly directory: string;
  /** Directory with registry credentials: config.json or .dockerconfigjson. */
  readonly dockerconfig: string | undefined;
  readonly insecureRegistry: readonly string[];
  /** Milliseconds for everything. */
  readonly timeout: number;
  readonly gitUrl: string | undefined;
  /** Outputs to write, NAME=PATH: those of `op push`. */
  readonly result: readonly string[];
  /** Where build_result.json goes; undefined for nowhere. */
  readonly buildResult: string | undefined;
}

/** What is known, and checked, before the image is built. */
export interface StandAloneReady {
  /** Its `cwd` is the repository's root, its signal ends with the deadline. */
  readonly context: Context;
  readonly access: Access;
  /** What is to be pushed; it has a tag and no digest. */
  readonly target: Reference;
  /** Absolute path of the repository's root. */
  readonly root: string;
}

/** What was pushed. */
export interface StandAloneBuilt {
  readonly digest: string;
  /** A few words each for the last line, such as `7 steps, 3 of them cached`. */
  readonly notes: readonly string[];
}

/**
 * Everything around the build of one image that has no skaffold.yaml: reads and checks the request, gives `act` what it needs, and
 * when that has pushed the image, compares the registry's digest, writes build_result.json and the outputs, and says what is next.
 * A build that fails or is stopped leaves no build_result.json: not even that of an earlier build.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function withStandAlone(
  outer: Context,
  request: StandAloneRequest,
  act: (ready: StandAloneReady) => Promise<StandAloneBuilt>,
): Promise<void> {
  const results = parseResultPaths(request.result, pushOutputs);
  const root = resolve(outer.cwd, request.directory);
  const file = request.buildResult && resolve(root, request.buildResult);
  // First of all: whatever ends this command early, the list of an earlier build is not taken for its result.
  if (file !== undefined) await rm(file, { force: true }).catch(() => {});
  const target = targetOf(request.image);
  const propertiesFile = outer.propertiesFile === undefined ? undefined : resolve(outer.cwd, outer.propertiesFile);
  const timeout = {
    what: `the build of ${request.image} did not end in time`,
    why: `it was allowed ${request.timeout / 1000} s`,
    todo: 'allow more with --timeout, or look above for what it waited for',
  };
  await withDeadline({ ...outer, cwd: root, propertiesFile }, request.timeout, timeout, async (context) => {
    const { log } = context;
    await checkDirectory(root);
    const insecure = await insecureRegistries(context, request.insecureRegistry);
    if (file !== undefined) await makeRoom(file);
    const docker = await prepareDockerConfig(context, request.dockerconfig && resolve(root, request.dockerconfig));
    try {
      const access = { insecure, env: docker.env };
      const head = await readHead(context, root);
      sayAboutSource(context, head);
      const started = context.now().getTime();
      const built = await act({ context, access, target, root });
      const { digest } = built;
      const notes = [...built.notes, `${((context.now().getTime() - started) / 1000).toFixed(1)} s`];
      await checkPushed(context, access, target, digest);
      const image = {
        imageName: target.path.slice(target.path.lastIndexOf('/') + 1),
        reference: { ...target, digest },
      };
      if (file !== undefined) await writeBuildResult(file, [image]);
      const outputs = { ...imageOutputs(image, [image]), ...sourceOutputs(head, request.gitUrl) };
      const warning = await writeResults(results, outputs);
      if (warning !== undefined) log.warn(warning);
      log.step(verdict(formatReference(image.reference), notes, file && shownPath(outer.cwd, file), head));
    } finally {
      await docker.dispose();
    }
  });
}

function targetOf(image: string): Reference {
  const target = parseReference(image);
  const problem =
    'problem' in target
      ? target.problem
      : target.digest !== undefined
        ? 'it has a digest, which only the build will know'
        : target.tag === undefined
          ? 'it has no tag'
          : undefined;
  if (!('problem' in target) && problem === undefined) return target;
  throw inputError({
    what: image === '' ? 'no image to push to' : `cannot push to "${image}"`,
    why: problem ?? 'it is not an image',
    todo: 'name it with --image HOST/PATH:TAG, such as ghcr.io/acme/app:v1',
  });
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => cause);
  if (!(found instanceof Error) && found.isDirectory()) return;
  const why = !(found instanceof Error)
    ? 'it is not a directory'
    : found.code === 'ENOENT'
      ? 'there is no such directory'
      : found.message;
  throw inputError({ what: `cannot build in ${path}`, why, todo: 'name the repository with --directory' });
}

/** Flag, then environment, then properties file, as for every command. */
async function insecureRegistries({ env, cwd, propertiesFile }: Context, named: readonly string[]) {
  if (named.length > 0) return named;
  const properties = propertiesFile === undefined ? undefined : await readProperties(propertiesFile, cwd);
  const value = env.SKAFFOLD_INSECURE_REGISTRY || properties?.get('SKAFFOLD_INSECURE_REGISTRY')?.value || '';
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function sayAboutSource({ log }: Context, head: Head | undefined): void {
  if (head === undefined) log.warn('there is no git commit here: CHAINS-GIT_COMMIT cannot name the source');
  else log.step(`commit ${head.commit}`);
  if (head === undefined || head.changed === 0) return;
  log.warn(`${filesDiffer(head.changed)} from that commit: CHAINS-GIT_COMMIT stays empty`);
}

/** What the builder says that it pushed is what the registry gives for the tag. */
async function checkPushed(context: Context, access: Access, target: Reference, digest: string): Promise<void> {
  const found = await lookUp(context, access, target);
  if ('error' in found) throw found.error;
  if (found.digest === digest) return;
  throw refusedError({
    what: `${formatReference(target)} is not the image that was built`,
    why: `${digest} was built and pushed, and the registry has ${found.digest}`,
    todo: 'look for another build that pushes the same tag, and run this one again',
  });
}

function verdict(image: string, notes: readonly string[], file: string | undefined, head: Head | undefined): string {
  const done = `done: ${image} (${notes.join(', ')})`;
  if (file === undefined) return done;
  if (head === undefined || head.changed > 0)
    return `${done}, listed in ${file}; commit and build again before op publish`;
  return `${done}, listed in ${file}; next: op publish --build-result=${file} --git-revision=${head.commit}`;
}
