import { readFile } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { inputError } from '../../kit/errors/op-error.js';

/** The keys that op reads; other tools may have their own. */
const keys = ['local', 'ci', 'destinations'];

/** One registry of a `.registry` file, with its variables not yet expanded. */
export interface RegistryEntry {
  readonly template: string;
  /** `.registry:4` */
  readonly origin: string;
}

/** The content of a `.registry` file: where a laptop pushes, and where CI pushes. */
export interface RegistryFile {
  readonly local: readonly RegistryEntry[];
  readonly ci: readonly RegistryEntry[];
}

/**
 * Reads a `.registry` file: `local` (a string, or an object with `url`) and `ci` (a list of these; `destinations` is its old name).
 * @returns undefined when the file does not exist
 * @throws OpError (input) for YAML errors and any other shape, with the line
 */
export async function readRegistryFile(path: string, name: string): Promise<RegistryFile | undefined> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw inputError({
      what: `cannot read ${name}`,
      why: error.message,
      hint: 'make it a readable file, or remove it',
      cause: error,
    });
  });
  return content === undefined ? undefined : parseRegistryFile(name, content);
}

/** Parses the text of a `.registry` file. @throws OpError (input) */
export function parseRegistryFile(name: string, content: string): RegistryFile {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const lineOf = (node: Node | null | undefined) => lines.linePos(node?.range?.[0] ?? 0).line;
  const wrong = (why: string) =>
    inputError({
      what: `${name} is not a registry file`,
      why,
      hint: 'write local: HOST/PATH, and ci: with a list of HOST/PATH',
    });
  const [error] = document.errors;
  if (error !== undefined) throw wrong(error.message.split('\n')[0] ?? '');
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return { local: [], ci: [] };
  if (!isMap(root)) throw wrong('it must be an object with the keys local and ci');

  for (const { key } of root.items) {
    const meant = keys.find((known) => known !== String(key) && known === String(key).toLowerCase().trim());
    if (meant !== undefined)
      throw wrong(`line ${lineOf(key as Node)}: unknown key ${String(key)}, did you mean ${meant}?`);
  }
  const node = (key: string) => {
    const value = root.get(key, true) as Node | undefined;
    return value === undefined || (isScalar(value) && value.value === null) ? undefined : value;
  };
  const entry = (at: Node): RegistryEntry => {
    const url = isMap(at) ? at.get('url') : isScalar(at) ? at.value : undefined;
    if (typeof url === 'string') return { template: url, origin: `${name}:${lineOf(at)}` };
    throw wrong(`line ${lineOf(at)} must be a registry or an object with a url`);
  };
  const list = (key: string): readonly RegistryEntry[] => {
    const value = node(key);
    if (value === undefined) return [];
    if (!isSeq<Node>(value)) throw wrong(`line ${lineOf(value)}: ${key} must be a list`);
    return value.items.map(entry);
  };
  const local = node('local');
  const ci = list('ci');
  return { local: local === undefined ? [] : [entry(local)], ci: ci.length > 0 ? ci : list('destinations') };
}
