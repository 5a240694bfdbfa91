import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterObject } from './objects.js';

/** One YAML document of the catalog, and its file. */
export interface CatalogDocument {
  /** Path of the file inside the catalog folder; `git-clone.yaml`. */
  readonly file: string;
  /** First line of that file. */
  readonly header: string;
  readonly object: ClusterObject;
}

/** One violation of a rule. `where` is its path: `build.yaml Task/build > steps[1] push`. */
export interface Violation {
  readonly where: string;
  readonly message: string;
}

/** A catalog rule: everything in these documents that breaks it. */
export type Rule = (documents: readonly CatalogDocument[]) => Violation[];

/** The path of a document: its file and object. */
export const whereIs = ({ file, object }: CatalogDocument): string =>
  `${file} ${object.kind}/${object.metadata.name ?? object.metadata.generateName ?? ''}`;

/** Every document of every YAML file under a folder, in the order of file names. */
export function readCatalog(folder: string, { recursive = true } = {}): CatalogDocument[] {
  const files = readdirSync(folder, { recursive, encoding: 'utf8' }).filter((name) => /\.ya?ml$/u.test(name));
  return files.sort().flatMap((file) => parseCatalogFile(file, readFileSync(join(folder, file), 'utf8')));
}

/** The documents of one file's text. */
export function parseCatalogFile(file: string, text: string): CatalogDocument[] {
  const header = text.split('\n', 1)[0] ?? '';
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    const object = document.toJS() as ClusterObject | null;
    return object === null ? [] : [{ file, header, object }];
  });
}
