import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { inflateRawSync } from 'node:zlib';

/** Code that a file of CommonJS holds as text. */
export interface KeptCode {
  /** The file that holds it; what V8 makes of it is kept beside it. */
  readonly file: string;
  /** Deflated, in base64. */
  readonly deflated: string;
  /** Of the code: what V8 made of other code is never used. */
  readonly hash: string;
}

/** Whether a file is what V8 made of kept code. */
export const isCompiled = (name: string): boolean => /^op-[0-9a-f]+-.*\.compiled$/u.test(name);

/** Bytes of the checksum that a file ends with. */
const checksumLength = 32;

/**
 * Compiles and runs code. To compile op takes 0.11 s; to read what V8 made of it before takes 0.01 s. That is kept beside the file, as
 * `op-HASH-VERSION.compiled`, and written when it is not there and the directory can be written. V8 checks its version and its flags only:
 * a file that a crash of the machine has spoiled would end op each time, so it has a checksum of its own.
 * @returns what the code exports
 */
export function runKept({ file, deflated, hash }: KeptCode, require: NodeJS.Require): unknown {
  const code = inflateRawSync(Buffer.from(deflated, 'base64')).toString();
  const path = join(dirname(file), `op-${hash}-${process.versions.v8}.compiled`);
  const kept = readTrusted(path, file);
  const cachedData = kept && contentOf(kept);
  const script = new Script(`(function (exports, require, module) {${code}\n})`, {
    // Not the path: the same code has to give the same bytes wherever it is.
    filename: basename(file),
    ...(cachedData !== undefined && { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) keep(script, path);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module);
  return module.exports;
}

const checksum = (content: Uint8Array): Buffer => createHash('sha256').update(content).digest();

/** What is before the checksum; undefined when that is of something else. */
function contentOf(kept: Buffer): Buffer | undefined {
  const content = kept.subarray(0, -checksumLength);
  return checksum(content).equals(kept.subarray(-checksumLength)) ? content : undefined;
}

/**
 * Reads a file of what V8 made of op. V8 believes what it reads: only this user, root and the owner of op itself may have written it.
 * @param op the file of op
 * @returns undefined when it is not there, or somebody else may have written it
 */
export function readTrusted(path: string, op: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode } = fstatSync(file);
    const trusted = [0, process.getuid?.(), statSync(op).uid].includes(uid) && (mode & 0o022) === 0;
    return trusted ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Keeps what V8 made, and removes what it made of earlier code. Where that cannot be written, op works as well, but starts slower. */
function keep(script: Script, path: string): void {
  const part = `${path}.${process.pid}`;
  try {
    writeFileSync(part, '', { flag: 'wx', mode: 0o644 });
  } catch {
    return;
  }
  try {
    const content = script.createCachedData();
    writeFileSync(part, Buffer.concat([content, checksum(content)]));
    renameSync(part, path);
    const hash = /op-[0-9a-f]+-/u.exec(path)?.[0] ?? '';
    for (const name of readdirSync(dirname(path))) {
      if (isCompiled(name) && !name.startsWith(hash)) rmSync(join(dirname(path), name), { force: true });
    }
  } catch {
    rmSync(part, { force: true });
  }
}
