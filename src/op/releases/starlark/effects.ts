import { constants } from 'node:fs';
import { mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { intersects, validRange } from 'semver';
import type { Context } from '../../context.js';
import { NotPlain, openPlain } from '../../kit/files/open-plain.js';
import { oneLine } from '../../kit/log/printable.js';
import { run } from '../../kit/process/run.js';
import type { Json } from '../../store/documents/body.js';
import { send } from '../../systems/http/send.js';
import { canBeInput, canBeName } from '../documents/names.js';
import { formatReference, parseReference, type ReferenceBase } from '../reference/reference.js';
import { type Effects, ProgramError, type Question } from './helper.js';

/** The versions of the SDK whose names there are. */
const sdk = '0.3.x';

/** Bytes of a file that is loaded, and of one that a program reads. */
const largestSource = 1024 * 1024;
const largestFile = 16 * 1024 * 1024;

/** What a program may use. */
export interface Room {
  readonly context: Context;
  /** The root of the checkout. */
  readonly root: string;
  /** The directory of the file of the release: paths of a program are relative to it, and its commands start there. */
  readonly directory: string;
  /** What references are relative to. */
  readonly base: ReferenceBase;
  /** Says what is done, or printed. */
  readonly log: (text: string) => void;
  readonly secret: (value: string) => string;
  /** Gives the release a tag, or says why it cannot have it. */
  readonly tag: (name: string) => void;
  /** The value that a reference has now; undefined when there is none. */
  readonly valueNow: (reference: string) => Promise<Json | undefined>;
}

/** What a program does to the world goes through here, and is logged: commands, requests, files that it writes, what it prints. */
export const effectsOf = (room: Room): Effects => ({
  answer: (question, at) => answer(room, question, at),
  print: (text) => {
    for (const line of text.split('\n')) room.log(line);
  },
});

async function answer(room: Room, asked: Question, at: string): Promise<Json> {
  const { context, root, directory, base, log } = room;
  const path = 'path' in asked ? resolve(directory, asked.path) : directory;
  switch (asked.ask) {
    case 'load':
      return load(root, asked.path);
    case 'sdk':
      return checkVersion(asked.version);
    case 'check':
      checkName(asked);
      if (asked.what === 'tag') room.tag(asked.name);
      return null;
    case 'ref':
      return formatReference(parseReference(asked.ref, base));
    case 'value':
      return knownValue(room, asked);
    case 'secret':
      room.secret(asked.value);
      return null;
    case 'env':
      return Object.fromEntries(
        Object.entries(context.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      );
    case 'pwd':
      return directory;
    case 'read':
      return read(path);
    case 'read_dir':
      return (await readdir(path)).toSorted();
    case 'is_dir':
      return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
    case 'write':
      log(`${at}: write ${relative(root, path)}`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, asked.content);
      return null;
    case 'shell':
      log(`${at}: ${asked.shell}: ${oneLine(asked.command, 200)}`);
      return shell(room, asked);
    case 'http': {
      const { status, text, headers, body } = await send(context, asked);
      log(`${at}: ${asked.method} ${new URL(asked.url).host}: ${status}`);
      return { status_code: status, status_text: `${status} ${text}`.trim(), headers: headersOf(headers), body };
    }
  }
}

/** A file that is evaluated is of the repository itself: no link leads to it. */
async function load(root: string, path: string): Promise<string> {
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '..' || name === '.'))
    throw new ProgramError(`${path} is outside of the repository`);
  try {
    await using file = await openPlain(root, names);
    return await textOf(file, largestSource);
  } catch (error) {
    if (error instanceof NotPlain) throw new ProgramError(`cannot load ${path}: ${error.message}`);
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new ProgramError(`there is no ${path} in the repository`);
    throw error;
  }
}

async function read(path: string): Promise<string> {
  // What would block, such as a pipe, is not waited for.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return await textOf(file, largestFile);
}

async function textOf(file: Awaited<ReturnType<typeof open>>, largest: number): Promise<string> {
  const found = await file.stat();
  if (!found.isFile()) throw new ProgramError('it is not a regular file');
  const { size } = found;
  if (size > largest) throw new ProgramError(`the file has ${size} bytes; ${largest} are allowed`);
  return file.readFile('utf8');
}

function checkVersion(version: string): null {
  if (validRange(version) !== null && intersects(version, sdk)) return null;
  throw new ProgramError(`op has the SDK ${sdk}, which is not "${oneLine(version, 40)}"`);
}

function checkName({ what, name }: Extract<Question, { ask: 'check' }>): void {
  const shown = `"${oneLine(name, 80)}"`;
  if (what === 'input' && !canBeInput(name))
    throw new ProgramError(`${shown} cannot be the name of an input: letters, digits and "_", at most 63`);
  if ((what === 'item' || what === 'environment') && !canBeName(name))
    throw new ProgramError(`${shown} cannot be the name of an ${what}: letters, digits, "_", "." and "-", at most 63`);
}

async function knownValue({ valueNow: find }: Room, asked: Extract<Question, { ask: 'value' }>): Promise<Json> {
  const found = (await find(asked.ref)) ?? asked.default;
  if (found !== null) return found;
  throw new ProgramError(`${asked.ref} has no value yet: set it, and run this again with op release retry`);
}

/** Runs a command line as the program wrote it, by its shell: nothing of op is in it. */
async function shell({ context, directory, log }: Room, asked: Extract<Question, { ask: 'shell' }>): Promise<Json> {
  const lines: string[] = [];
  const { stdout, stderr, exitCode, ended } = await run(context, {
    program: asked.shell,
    args: ['-c', asked.command],
    cwd: resolve(directory, asked.dir),
    env: asked.env,
    onLine: (line) => {
      lines.push(line);
      if (!asked.mute) log(line);
    },
  });
  if (ended === 'missing') throw new ProgramError(`the shell ${oneLine(asked.shell, 80)} is not installed`);
  if (ended !== 'ok' && !asked.continue) {
    const last = asked.mute ? undefined : lines.at(-1);
    throw new ProgramError(
      `the command failed with exit code ${exitCode ?? 'none'}${last ? `: ${oneLine(last, 300)}` : ''}`,
    );
  }
  const combined = lines.map((line) => `${line}\n`).join('');
  return { stdout, stderr, combined_output: combined, exit_code: exitCode ?? 127 };
}

/** As Go has them: `Content-Type`, each with a list. */
function headersOf(headers: readonly (readonly [name: string, value: string])[]): Json {
  const read: Record<string, string[]> = {};
  for (const [name, value] of headers) {
    const shown = name.replace(/(?:^|-)[a-z]/gu, (letter) => letter.toUpperCase());
    read[shown] = [...(read[shown] ?? []), value];
  }
  return read;
}

/** Where the program in a file is at home. */
export const homeOf = (root: string, path: string): string => join(root, dirname(path));
