import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import { inputError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';

/** One document of a YAML file; its nodes know where in the text they stand. */
export type YamlDocument = Document.Parsed<ParsedNode>;

/** A YAML file and its text. */
export interface YamlFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  readonly documents: readonly YamlDocument[];
}

/** Reads a file that may hold several documents. @throws OpError (input) with the place of the first mistake */
export function parseFile(name: string, text: string): YamlFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const documents = Array.isArray(parsed) ? parsed : [];
  const [error] = documents.flatMap(({ errors }) => errors);
  const strange = text.search(controls);
  if (error === undefined && strange < 0) return { name, text, documents };
  const { line, col } = lines.linePos(error?.pos[0] ?? strange);
  throw inputError({
    what: `${name} is not YAML that op can change`,
    why: error ? `line ${line}, column ${col}: ${oneLine(error.message, 200)}` : `line ${line} has a control character`,
    hint: 'mend the file, or name another one; a template of Helm is no YAML before helm has rendered it',
  });
}

/** What no YAML may have; the parser here takes it, those of Kubernetes do not. Source: YAML 1.2.2, section 5.1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/u;

/** What the documents say, with mappings as Map, so that a key keeps its type. @throws OpError (input) for too many aliases */
export function meaningOf({ name, documents }: YamlFile): unknown[] {
  try {
    return documents.map((document) => document.toJS({ mapAsMap: true, maxAliasCount: 10_000 }));
  } catch (error) {
    throw inputError({
      what: `${name} is not YAML that op can change`,
      why: error instanceof Error ? error.message : String(error),
      hint: 'use fewer anchors and aliases in it',
    });
  }
}

/** A part of a text, and what goes there instead. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Changes parts of a file, and reads the result again: nothing but what was meant may be different.
 * @param splices parts that do not overlap
 * @param meant what the documents are to say
 * @throws OpError (input) when the file would say something else
 */
export function spliceFile({ name, text }: YamlFile, splices: readonly Splice[], meant: unknown): YamlFile {
  const sorted = splices.toSorted((one, other) => one.start - other.start);
  let changed = '';
  let at = 0;
  for (const { start, end, text: insert } of sorted) {
    changed += text.slice(at, start) + insert;
    at = end;
  }
  const file = readAgain(name, changed + text.slice(at));
  if (file !== undefined && isDeepStrictEqual(meaningOf(file), meant)) return file;
  const lines = sorted.map(({ start }) => text.slice(0, start).split('\n').length);
  throw inputError({
    what: `op cannot change ${name} safely`,
    why: `with ${oneLine(sorted[0]?.text ?? '', 150)} at line ${lines.join(', ')} it would ${file === undefined ? 'be no YAML any more' : 'say something else than what is meant'}`,
    hint: 'write that place of the file in a simpler way, then run it again; nothing was written',
  });
}

function readAgain(name: string, text: string): YamlFile | undefined {
  try {
    return parseFile(name, text);
  } catch {
    return undefined;
  }
}

/** `document 1 (HelmRelease shop)`, for messages. */
export function nameOf(document: YamlDocument, index: number): string {
  const field = (...path: string[]) => {
    const found = isMap(document.contents) ? document.getIn(path, true) : undefined;
    return isScalar(found) ? String(found.value) : '';
  };
  const words = oneLine(`${field('kind')} ${field('metadata', 'name')}`, 80);
  return `document ${index}${words === '' ? '' : ` (${words})`}`;
}
