import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import { inputError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';

/** One document of a YAML file; its nodes have their ranges in the text. */
export type YamlDocument = Document.Parsed<ParsedNode>;

/** A YAML file and its text. */
export interface YamlFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  readonly documents: readonly YamlDocument[];
}

/** Parses a file of one or more documents. @throws OpError (input) with the line of the first problem */
export function parseFile(name: string, text: string): YamlFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const documents = Array.isArray(parsed) ? parsed : [];
  const [error] = documents.flatMap(({ errors }) => errors);
  const control = text.search(controls);
  if (error === undefined && control < 0) return { name, text, documents };
  const { line, col } = lines.linePos(error?.pos[0] ?? control);
  throw inputError({
    what: `${name} is not valid YAML`,
    why: error
      ? `line ${line}, column ${col}: ${oneLine(error.message, 200)}`
      : `line ${line} contains a control character`,
    hint: 'fix the file, or name another one; a Helm template is not YAML before helm has rendered it',
  });
}

/** Not allowed in YAML; this parser accepts them, those of Kubernetes do not. Source: YAML 1.2.2, section 5.1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for these
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/u;

/** The values of the documents, with mappings as Map, so that keys keep their types. @throws OpError (input) for too many aliases */
export function meaningOf({ name, documents }: YamlFile): unknown[] {
  try {
    return documents.map((document) => document.toJS({ mapAsMap: true, maxAliasCount: 10_000 }));
  } catch (error) {
    throw inputError({
      what: `op cannot read ${name}`,
      why: error instanceof Error ? error.message : String(error),
      hint: 'use fewer anchors and aliases in it',
    });
  }
}

/** A part of a text, and its replacement. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Changes parts of a file and parses the result: only the intended values may differ.
 * @param splices parts that do not overlap
 * @param meant the intended values of the documents
 * @throws OpError (input) when the result would have other values
 */
export function spliceFile({ name, text }: YamlFile, splices: readonly Splice[], meant: unknown): YamlFile {
  const sorted = splices.toSorted((one, other) => one.start - other.start);
  let changed = '';
  let at = 0;
  for (const { start, end, text: insert } of sorted) {
    changed += text.slice(at, start) + insert;
    at = end;
  }
  const file = tryParse(name, changed + text.slice(at));
  if (file !== undefined && isDeepStrictEqual(meaningOf(file), meant)) return file;
  const lines = sorted.map(({ start }) => text.slice(0, start).split('\n').length);
  throw inputError({
    what: `op cannot change ${name} safely`,
    why: `with ${oneLine(sorted[0]?.text ?? '', 150)} at line ${lines.join(', ')} it would ${file === undefined ? 'no longer be valid YAML' : 'change other values too'}`,
    hint: 'write that part of the file in a simpler way, then run it again; nothing was written',
  });
}

function tryParse(name: string, text: string): YamlFile | undefined {
  try {
    return parseFile(name, text);
  } catch {
    return undefined;
  }
}

/** `document 1 (HelmRelease shop)`, for messages. */
export function documentName(document: YamlDocument, index: number): string {
  const field = (...path: string[]) => {
    const found = isMap(document.contents) ? document.getIn(path, true) : undefined;
    return isScalar(found) ? String(found.value) : '';
  };
  const words = oneLine(`${field('kind')} ${field('metadata', 'name')}`, 80);
  return `document ${index}${words === '' ? '' : ` (${words})`}`;
}
