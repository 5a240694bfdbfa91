import * as v from 'valibot';
import { isNode, LineCounter, parseDocument, visit } from 'yaml';
import { inputError } from '../../kit/errors/op-error.js';

/** How the container of one context is started. */
export interface ContainerSettings {
  /** As `-p` of docker takes them; undefined: op finds the port itself; none: nothing is published. */
  readonly ports: readonly string[] | undefined;
  /** Values as they are written; null takes the value from the environment of op. */
  readonly env: Readonly<Record<string, string | null>>;
  /** As `-v` of docker takes them. */
  readonly volumes: readonly string[];
}

/** A value of a run file, and where it stands, such as `.run.yaml:2`. */
export interface Written {
  readonly value: string;
  readonly origin: string;
}

/** What a run file says. */
export interface RunFile {
  /** As people know it. */
  readonly name: string;
  readonly defaultRepo: Written | undefined;
  readonly tag: Written | undefined;
  /** By the names that stand there. */
  readonly contexts: ReadonlyMap<string, ContainerSettings>;
  /** Keys below a context that mean nothing to op, such as `contexts.api.port`. */
  readonly unknown: readonly string[];
}

// No message may hold a value: those of env are often secrets.
const text = v.string('must be a text');
const list = v.nullish(v.array(text, 'must be a list'));
/** Valibot takes a list for an object, too. */
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
 * Reads the text of a `.run.yaml`. Numbers and booleans are taken as they are written: a tag `1.10` stays one.
 * @throws OpError (input) for YAML errors and for any other shape, naming the line
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
    const place = path.length === 0 ? 'it' : path.map(String).join('.');
    throw malformed(name, `${line === undefined ? '' : `line ${line}: `}${place} ${issue.message}`);
  }
  const { default_repo: repo, tag, contexts } = read.output ?? {};
  const written = (key: string, value: string | null | undefined): Written | undefined =>
    value?.trim() ? { value: value.trim(), origin: `${name}:${lineOf([key]) ?? 1}` } : undefined;
  const entries = Object.entries(contexts ?? {});
  return {
    name,
    defaultRepo: written('default_repo', repo),
    tag: written('tag', tag),
    contexts: new Map(entries.map(([key, entry]) => [key, toSettings(entry)])),
    unknown: entries.flatMap(([key, entry]) =>
      Object.keys(entry ?? {})
        .filter((word) => !known.includes(word))
        .map((word) => `contexts.${key}.${word}`),
    ),
  };
}

/** Many aliases of aliases are refused here, not earlier. */
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
    what: `${name} is not a run file`,
    why,
    hint: 'write default_repo, tag, and contexts: with ports, env and volumes for each context',
  });
