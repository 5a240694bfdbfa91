import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { parseRunFile, type RunFile } from './run-file.js';

/** The first that is there counts. */
const names = ['.run.yaml', '.github/octopilot.yaml'] as const;

const empty: RunFile = { name: names[0], defaultRepo: undefined, tag: undefined, contexts: new Map(), unknown: [] };

/**
 * Reads `.run.yaml`, or `.github/octopilot.yaml`; where both are there and say different things, it warns that the first counts.
 * @throws OpError (input) when the one that counts cannot be read, or is malformed
 */
export async function findRunFile({ log }: Context, directory: string): Promise<RunFile> {
  const [first, second] = await Promise.all(names.map((name) => read(directory, name)));
  const counts = first ?? second;
  if (counts === undefined) return empty;
  const file = parseRunFile(counts.name, counts.content);
  if (file.unknown.length > 0) log.warn(`${file.name}: ${file.unknown.join(', ')} means nothing to op`);
  if (first !== undefined && second !== undefined) {
    const differ = differences(file, second);
    if (differ !== undefined)
      log.warn(`${names[0]} and ${names[1]} ${differ}: ${names[0]} counts, the other is not used`);
  }
  return file;
}

/** In which parts, never with what; undefined when they say the same. */
function differences(file: RunFile, { name, content }: Content): string | undefined {
  try {
    const other = parseRunFile(name, content);
    const parts = [
      ...(file.defaultRepo?.value === other.defaultRepo?.value ? [] : ['default_repo']),
      ...(file.tag?.value === other.tag?.value ? [] : ['tag']),
      ...[...new Set([...file.contexts.keys(), ...other.contexts.keys()])]
        .filter((key) => !isDeepStrictEqual(file.contexts.get(key), other.contexts.get(key)))
        .map((key) => `contexts.${key}`),
    ];
    return parts.length === 0 ? undefined : `differ in ${parts.join(', ')}`;
  } catch (error) {
    if (error instanceof OpError) return `cannot be compared (${error.why})`;
    throw error;
  }
}

interface Content {
  readonly name: string;
  readonly content: string;
}

async function read(directory: string, name: string): Promise<Content | undefined> {
  try {
    return { name, content: await readFile(resolve(directory, name), 'utf8') };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw inputError({ what: `cannot read ${name}`, why, hint: 'make it a readable file, or remove it', cause });
  }
}
