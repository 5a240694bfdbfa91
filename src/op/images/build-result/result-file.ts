import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { oneLine } from '../../kit/log/printable.js';
import type { BuildResult, BuiltImage } from './build-result.js';
import { formatBuildResult, parseBuildResult } from './parse.js';

/** The largest list that is read: thousands of images. */
const maximumSize = 4 * 1024 * 1024;

/**
 * Reads a build result file in any form that earlier versions wrote, see `parseBuildResult`. With a digest, the bytes that are parsed are
 * those that were compared: a file that changes afterwards changes nothing.
 * @param listDigest the output LIST_DIGEST of the command that wrote the list; undefined: not checked
 * @throws OpError (input) when the file is missing, is not JSON, or is not a build result; says where in the file; (refused) when it is
 * not the list with that digest
 */
export async function readBuildResult(path: string, listDigest?: string): Promise<BuildResult> {
  const bytes = await readBytes(path, listDigest !== undefined);
  if (listDigest === undefined) return parseBuildResult(path, bytes.toString('utf8'));
  const found = digestOf(bytes);
  if (found !== listDigest) {
    throw notTheList(
      path,
      `its digest is ${found}, but ${oneLine(listDigest)} was expected: it changed after op wrote it`,
    );
  }
  return parseBuildResult(path, bytes.toString('utf8'));
}

/**
 * Reads a list that op wrote a moment ago, and that something else may have changed since.
 * @throws OpError (input) when it is missing or malformed, (refused) when it is a link or not a file
 */
export async function readWrittenList(
  path: string,
): Promise<{ readonly result: BuildResult; readonly digest: string }> {
  const bytes = await readBytes(path, true);
  return { result: parseBuildResult(path, bytes.toString('utf8')), digest: digestOf(bytes) };
}

/** @param sealed whether a link in place of the file is refused; ConfigMaps are mounted as links, so a list without a digest may be one */
async function readBytes(path: string, sealed: boolean): Promise<Buffer> {
  // Without blocking: a pipe in place of the file would otherwise wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (sealed ? constants.O_NOFOLLOW : 0);
  try {
    await using file = await open(path, flags);
    const { size } = await regularFile(path, file, sealed);
    const bytes = Buffer.alloc(size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes.length) break;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (sealed && error.code === 'ELOOP') throw notTheList(path, 'it is a link, and op writes a file');
    throw inputError({
      what: `cannot read ${path}`,
      why: error.code === 'ENOENT' ? 'the file does not exist: no build has succeeded here yet' : error.message,
      hint: 'run op push first, or name the file with --build-result; in a pod, bind the workspace source to a claim: with an emptyDir, each pod has its own',
      cause: error,
    });
  }
}

async function regularFile(path: string, file: FileHandle, sealed: boolean): Promise<{ readonly size: number }> {
  const found = await file.stat();
  const why = !found.isFile()
    ? 'it is not a regular file'
    : found.size > maximumSize
      ? `it has ${found.size} bytes, and a list has at most ${maximumSize}`
      : undefined;
  if (why === undefined) return found;
  if (sealed) throw notTheList(path, why);
  throw inputError({ what: `cannot read ${path}`, why, hint: 'name a build result with --build-result' });
}

const notTheList = (path: string, why: string) =>
  refusedError({
    what: `${path} is not the list of images that was handed on`,
    why,
    hint: 'find out what else writes to this workspace, give each run its own volume, and run the delivery again',
  });

const digestOf = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Writes a build result whole or not at all.
 * @returns the digest of its bytes, of those that op wrote and not of those that the file has by now
 */
export async function writeBuildResult(path: string, images: readonly BuiltImage[]): Promise<string> {
  const text = formatBuildResult(images);
  await writeAtomic(path, text);
  return digestOf(text);
}

const forBuildResult = 'name a writable file with --build-result, or write none with --no-file-output';

/**
 * Removes the result of an earlier run, so that it cannot be mistaken for the result of this one, and creates its directory: so a
 * path that cannot be written is reported now, not at the end of a long build.
 * @param hint names the flag that the path is given with
 * @throws OpError (input) when the file cannot be written
 */
export async function clearResult(path: string, hint = forBuildResult): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw inputError({
      what: `cannot write ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint,
      cause,
    });
  }
}
