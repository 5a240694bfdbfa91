import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { isNode, LineCounter, parseDocument, visit } from 'yaml';
import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';

/** How the container of one context is started. */
export interface ContainerSettings {
  /** In docker's `-p` syntax; undefined: op infers the port; empty: nothing is published. */
  readonly ports: readonly string[] | undefined;
  /** Values as written; null takes the value from op's environment. */
  readonly env: Readonly<Record<string, string | null>>;
  /** In docker's `-v` syntax. */
  readonly volumes: readonly string[];
}

/** A value in a run file, and its position, such as `.run.yaml:2`. */
export interface RunFileValue {
  readonly value: string;
  readonly origin: string;
}

/** The content of a run file. */
export interface RunFile {
  /** Relative to the repository. */
  readonly name: string;
  readonly defaultRepo: RunFileValue | undefined;
  readonly tag: RunFileValue | undefined;
  /** By their names as written. */
  readonly contexts: ReadonlyMap<string, ContainerSettings>;
  /** Unknown keys of contexts, such as `contexts.api.port`. */
  readonly unknownKeys: readonly string[];
}

// No message may contain a value: those of env are often secrets.
const text = v.string('must be a string');
const list = v.nullish(v.array(text, 'must be a list'));
/** Valibot accepts an array as an object. */
const mapping = (message: string) =>
  v.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), message);
const context = v.nullish(
  v.pipe(
    mapping('must be an object with ports, env and volumes'),
    v.looseObject({
      ports: list,
      env: v.nullish(v.pipe(mapping('must be NAME: VALUE pairs'), v.record(v.string(), v.nullable(text)))),
      volumes: list,
    }),
  ),
);
const shape = v.nullish(
  v.pipe(
    mapping('must be an object with default_repo, tag and contexts'),
    v.looseObject({
      default_repo: v.nullish(text),
      tag: v.nullish(text),
      contexts: v.nullish(
        v.pipe(mapping('must be an object with an entry for each context'), v.record(v.string(), context)),
      ),
    }),
  ),
);
const known = ['ports', 'env', 'volumes'];

/**
 * Parses a `.run.yaml`. Numbers and booleans keep the text as written, so that a tag `1.10` does not become 1.1.
 * @throws OpError (input) for YAML errors and for any other shape, with the line
 */
export function parseRunFile(name: string, content: string): RunFile {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw malformed(name, error.message.split('\n')[0] ?? '');
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'number' || typeof node.value === 'boolean' || typeof node.value === 'bigint') {
        node.value = node.source ?? String(node.value);
      }
    },
  });
  const lineOf = (path: readonly unknown[]): number | undefined => {
    const node: unknown = document.getIn(path, true);
    return isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
  };
  const read = v.safeParse(
    shape,
    toPlain(name, () => document.toJS()),
  );
  if (!read.success) {
    const [issue] = read.issues;
    const path = (issue.path ?? []).map(({ key }) => key);
    const line = lineOf(path);
    const key = path.length === 0 ? 'it' : path.map(String).join('.');
    throw malformed(name, `${line === undefined ? '' : `line ${line}: `}${key} ${issue.message}`);
  }
  const { default_repo: repo, tag, contexts } = read.output ?? {};
  const valueAt = (key: string, value: string | null | undefined): RunFileValue | undefined =>
    value?.trim() ? { value: value.trim(), origin: `${name}:${lineOf([key]) ?? 1}` } : undefined;
  const entries = Object.entries(contexts ?? {});
  return {
    name,
    defaultRepo: valueAt('default_repo', repo),
    tag: valueAt('tag', tag),
    contexts: new Map(entries.map(([key, entry]) => [key, toSettings(entry)])),
    unknownKeys: entries.flatMap(([key, entry]) =>
      Object.keys(entry ?? {})
        .filter((word) => !known.includes(word))
        .map((word) => `contexts.${key}.${word}`),
    ),
  };
}

/** The yaml library rejects excessive aliases here, not while parsing. */
function toPlain(name: string, toJS: () => unknown): unknown {
  try {
    return toJS();
  } catch (error) {
    throw malformed(name, error instanceof Error ? error.message : String(error));
  }
}

const toSettings = (entry: v.InferOutput<typeof context>): ContainerSettings => ({
  ports: entry?.ports ?? undefined,
  env: entry?.env ?? {},
  volumes: entry?.volumes ?? [],
});

const malformed = (name: string, why: string) =>
  inputError({
    what: `${name} is not a valid run file`,
    why,
    hint: 'use the keys default_repo, tag and contexts, with ports, env and volumes for each context',
  });
/** The first that exists is used. */
const fileNames = ['.run.yaml', '.github/octopilot.yaml'] as const;

const empty: RunFile = {
  name: fileNames[0],
  defaultRepo: undefined,
  tag: undefined,
  contexts: new Map(),
  unknownKeys: [],
};

/**
 * Reads `.run.yaml`, or `.github/octopilot.yaml`; when both exist and differ, it warns that only the first is used.
 * @throws OpError (input) when the file cannot be read, or is malformed
 */
export async function findRunFile({ log }: Context, directory: string): Promise<RunFile> {
  const [first, second] = await Promise.all(fileNames.map((name) => read(directory, name)));
  const used = first ?? second;
  if (used === undefined) return empty;
  const file = parseRunFile(used.name, used.content);
  if (file.unknownKeys.length > 0) log.warn(`${file.name}: ignoring unknown keys: ${file.unknownKeys.join(', ')}`);
  if (first !== undefined && second !== undefined) {
    const differ = differences(file, second);
    if (differ !== undefined)
      log.warn(`${fileNames[0]} and ${fileNames[1]} ${differ}: using ${fileNames[0]}, ignoring the other`);
  }
  return file;
}

/** Names the parts, never their values; undefined when the two are equal. */
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
