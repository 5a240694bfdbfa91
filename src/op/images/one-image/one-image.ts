import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { secondsBetween } from '../../kit/log/format.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { parseResultPaths, writeResults } from '../../kit/results/results.js';
import { type Head, readHead } from '../../systems/git/head.js';
import { lookUp, type RegistryAccess, sizeOf } from '../../systems/registry/crane.js';
import { type DockerConfig, prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { checkHelpers } from '../../systems/registry/missing-helper.js';
import { formatReference, parseReference, type Reference } from '../../systems/registry/reference.js';
import { clearResult, writeBuildResult } from '../build-result/result-file.js';
import { imageMirrors, type Mirror } from '../image-mirrors/mirror.js';
import { pushOutputs } from '../push/options.js';
import { imageOutputs, sourceOutputs } from '../push/outputs.js';
import { type ImageReport, logSource, summarize, verdict } from '../push/report.js';
import { listOf, type SettingReader, settingReader } from '../settings/settings.js';
import type { StandAloneRequest } from './options.js';

/** An image that is ready to be built. The end of its `await using` stops the clock and removes the copy of the credentials. */
export interface PreparedImage extends AsyncDisposable {
  /** Its `cwd` is the repository's root, its signal ends with the deadline. */
  readonly context: Context;
  readonly access: RegistryAccess;
  /** Value of a setting that no flag gave. */
  readonly of: SettingReader;
  readonly mirrors: readonly Mirror[];
  /** The image to push; it has a tag and no digest. */
  readonly target: Reference;
  /** Absolute path of the repository's root. */
  readonly root: string;
  /** The commit that is checked out. */
  readonly head: Head | undefined;
  /** Where the outputs go, by their names. */
  readonly results: ReturnType<typeof parseResultPaths>;
  /** build_result.json, and how to show its path to a person; undefined for none. */
  readonly buildResult: { readonly path: string; readonly shown: string } | undefined;
}

/** What an engine pushed. */
export interface PushedImage extends Pick<ImageReport, 'detail' | 'engine'> {
  readonly digest: string;
}

/**
 * Reads and checks the request for one image without skaffold.yaml, and the settings.
 * A build that fails or is stopped leaves no build_result.json, not even that of an earlier build.
 * @throws OpError (usage, input)
 */
export async function prepareImage(outer: Context, request: StandAloneRequest): Promise<PreparedImage> {
  const root = resolve(outer.cwd, request.directory);
  const file = request.buildResult && resolve(root, request.buildResult);
  // First of all: if this command ends early, the list of an earlier build must not be mistaken for its result.
  if (file !== undefined) await rm(file, { force: true }).catch(() => {});
  const results = parseResultPaths(request.result, pushOutputs);
  const target = targetOf(request.image);
  const propertiesFile = outer.propertiesFile === undefined ? undefined : resolve(outer.cwd, outer.propertiesFile);
  const timeout = {
    what: `the build of ${request.image} timed out`,
    why: `it was allowed ${request.timeout / 1000} s`,
    hint: 'allow more with --timeout, or look above for what it waited for',
  };
  const deadline = startDeadline({ ...outer, cwd: root, propertiesFile }, request.timeout, timeout);
  let credentials: DockerConfig | undefined;
  const dispose = async () => {
    deadline[Symbol.dispose]();
    await credentials?.dispose();
  };
  try {
    const { context } = deadline;
    await checkDirectory(root);
    const of = await settingReader(context);
    const mirrors = imageMirrors(request.imageMirror, of('OP_IMAGE_MIRRORS'));
    const named = request.insecureRegistry;
    const insecure = named.length > 0 ? named : listOf(of('SKAFFOLD_INSECURE_REGISTRY')?.value);
    if (file !== undefined) await clearResult(file);
    credentials = await prepareDockerConfig(context, request.dockerconfig && resolve(root, request.dockerconfig));
    checkHelpers(context, credentials.logins, [target]);
    const access = { insecure, env: credentials.env };
    const head = await readHead(context, root);
    const buildResult = file === undefined ? undefined : { path: file, shown: shownPath(outer.cwd, file) };
    const known = { context, access, of, mirrors, target, root, head, results, buildResult };
    return { ...known, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * Runs a build that pushes the image, checks that the registry has its digest, writes build_result.json and the outputs, and names
 * the next command.
 * @throws OpError (tool, deadline, refused)
 */
export async function buildAndReport(
  prepared: PreparedImage,
  request: StandAloneRequest,
  build: () => Promise<PushedImage>,
): Promise<void> {
  const { context, head, buildResult } = prepared;
  const { log } = context;
  logSource(context, head);
  const report = await reportImage(prepared, build);
  const { image } = report;
  const listDigest = buildResult === undefined ? '' : await writeBuildResult(buildResult.path, [image]);
  const outputs = {
    ...imageOutputs(image, [image], []),
    LIST_DIGEST: listDigest,
    ...sourceOutputs(head, request.gitUrl),
  };
  const warning = await writeResults(prepared.results, outputs);
  if (warning !== undefined) log.warn(warning);
  log.step(summarize([report]));
  log.step(verdict(`done: ${formatReference(image.reference)}`, buildResult?.shown, head));
}

/** Builds, and compares with what the registry then has. */
async function reportImage(prepared: PreparedImage, build: () => Promise<PushedImage>): Promise<ImageReport> {
  const { context, access, target } = prepared;
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
        ? 'it has a digest, which is known only after the build'
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
      ? 'the directory does not exist'
      : found.message;
  throw inputError({ what: `cannot build in ${path}`, why, hint: 'name the repository with --directory' });
}

/** Checks that the registry has the digest that the builder reported. */
async function checkPushed(context: Context, access: RegistryAccess, target: Reference, digest: string): Promise<void> {
  const found = await lookUp(context, access, target);
  if ('error' in found) throw found.error;
  if (found.digest === digest) return;
  throw refusedError({
    what: `${formatReference(target)} is not the image that was built`,
    why: `${digest} was built and pushed, but the registry has ${found.digest}`,
    hint: 'look for another build that pushes the same tag, and run this one again',
  });
}
