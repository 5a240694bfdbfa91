import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { secondsBetween } from '../../kit/log/seconds.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { parseResultPaths, writeResults } from '../../kit/results/results.js';
import { readHead } from '../../systems/git/head.js';
import { type Access, lookUp, sizeOf } from '../../systems/registry/crane.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { formatReference, parseReference, type Reference } from '../../systems/registry/reference.js';
import { makeRoom } from '../build-result/make-room.js';
import { writeBuildResult } from '../build-result/write.js';
import type { Mirror } from '../image-mirrors/mirror.js';
import { imageMirrors } from '../plan/image-mirrors.js';
import { listOf } from '../plan/list-of.js';
import { type SettingReader, settingReader } from '../plan/setting-reader.js';
import { imageOutputs, pushOutputs, sourceOutputs } from '../push/outputs.js';
import { sayAboutSource, verdict } from '../push/source.js';
import { type Outcome, summarize } from '../push/summary.js';
import type { StandAloneRequest } from './options.js';

/** What is known, and checked, before the image is built. */
export interface StandAloneReady {
  /** Its `cwd` is the repository's root, its signal ends with the deadline. */
  readonly context: Context;
  readonly access: Access;
  /** Value of a setting that no flag gave. */
  readonly of: SettingReader;
  readonly mirrors: readonly Mirror[];
  /** What is to be pushed; it has a tag and no digest. */
  readonly target: Reference;
  /** Absolute path of the repository's root. */
  readonly root: string;
}

/** What was pushed. */
export interface StandAloneBuilt extends Pick<Outcome, 'detail' | 'engine'> {
  readonly digest: string;
}

/**
 * Everything around the build of one image that has no skaffold.yaml: reads and checks the request, lets `prepare` look at what
 * there is to build with, and when the build that it gives has pushed the image, compares the registry's digest, writes
 * build_result.json and the outputs, and says what is next.
 * A build that fails or is stopped leaves no build_result.json: not even that of an earlier build.
 * @param prepare checks all that it can, and changes nothing; it runs while git is asked for the commit
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function withStandAlone(
  outer: Context,
  request: StandAloneRequest,
  prepare: (ready: StandAloneReady) => Promise<() => Promise<StandAloneBuilt>>,
): Promise<void> {
  const root = resolve(outer.cwd, request.directory);
  const file = request.buildResult && resolve(root, request.buildResult);
  // First of all: whatever ends this command early, the list of an earlier build is not taken for its result.
  if (file !== undefined) await rm(file, { force: true }).catch(() => {});
  const results = parseResultPaths(request.result, pushOutputs);
  const target = targetOf(request.image);
  const propertiesFile = outer.propertiesFile === undefined ? undefined : resolve(outer.cwd, outer.propertiesFile);
  const timeout = {
    what: `the build of ${request.image} did not end in time`,
    why: `it was allowed ${request.timeout / 1000} s`,
    hint: 'allow more with --timeout, or look above for what it waited for',
  };
  await withDeadline({ ...outer, cwd: root, propertiesFile }, request.timeout, timeout, async (context) => {
    const { log } = context;
    await checkDirectory(root);
    const of = await settingReader(context);
    const mirrors = imageMirrors(request.imageMirror, of('OP_IMAGE_MIRRORS'));
    const named = request.insecureRegistry;
    const insecure = named.length > 0 ? named : listOf(of('SKAFFOLD_INSECURE_REGISTRY')?.value);
    if (file !== undefined) await makeRoom(file);
    const docker = await prepareDockerConfig(context, request.dockerconfig && resolve(root, request.dockerconfig));
    try {
      const access = { insecure, env: docker.env };
      const ready = { context, access, of, mirrors, target, root };
      const [looked, planned] = await Promise.allSettled([readHead(context, root), prepare(ready)]);
      // Only now, so that nothing goes on behind an error.
      if (looked.status === 'rejected') throw looked.reason;
      if (planned.status === 'rejected') throw planned.reason;
      const head = looked.value;
      sayAboutSource(context, head);
      const outcome = await outcomeOf(ready, planned.value);
      const { image } = outcome;
      if (file !== undefined) await writeBuildResult(file, [image]);
      const outputs = { ...imageOutputs(image, [image]), ...sourceOutputs(head, request.gitUrl) };
      const warning = await writeResults(results, outputs);
      if (warning !== undefined) log.warn(warning);
      log.step(`\n${summarize([outcome])}\n`);
      log.step(verdict(`done: ${formatReference(image.reference)}`, file && shownPath(outer.cwd, file), head));
    } finally {
      await docker.dispose();
    }
  });
}

/** Builds, and looks at what the registry then has. */
async function outcomeOf(ready: StandAloneReady, build: () => Promise<StandAloneBuilt>): Promise<Outcome> {
  const { context, access, target } = ready;
  const started = context.now();
  const { digest, ...built } = await build();
  const seconds = secondsBetween(started, context.now());
  const imageName = target.path.slice(target.path.lastIndexOf('/') + 1);
  const image = { imageName, reference: { ...target, digest } };
  const [size] = await Promise.all([
    sizeOf(context, access, image.reference),
    checkPushed(context, access, target, digest),
  ]);
  return { image, how: 'built', ...built, seconds, size };
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
    hint: 'name it with --image HOST/PATH:TAG, such as ghcr.io/acme/app:v1',
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
  throw inputError({ what: `cannot build in ${path}`, why, hint: 'name the repository with --directory' });
}

/** What the builder says that it pushed is what the registry gives for the tag. */
async function checkPushed(context: Context, access: Access, target: Reference, digest: string): Promise<void> {
  const found = await lookUp(context, access, target);
  if ('error' in found) throw found.error;
  if (found.digest === digest) return;
  throw refusedError({
    what: `${formatReference(target)} is not the image that was built`,
    why: `${digest} was built and pushed, and the registry has ${found.digest}`,
    hint: 'look for another build that pushes the same tag, and run this one again',
  });
}
