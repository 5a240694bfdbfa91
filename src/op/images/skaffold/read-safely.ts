import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments, visit } from 'yaml';
import { oddPart } from '../../kit/config/odd-yaml.js';

/** What one file of a Skaffold configuration says, as far as it decides whether reading it runs code. */
export interface SafeFile {
  /** All texts in it: keys and values, as they are after YAML's escapes. */
  readonly texts: readonly string[];
  /** Absolute paths of the files that its `requires` name. */
  readonly modules: readonly string[];
}

/** A file that requires a configuration of another repository. */
export interface WithRemote {
  /** The kind of its source, such as `git`. */
  readonly remote: string;
}

const path = v.pipe(v.string(), v.regex(/^[\w.][\w./-]*$/u));
const anything = v.optional(v.unknown());
const config = v.looseObject({
  requires: v.optional(
    v.nullable(v.array(v.strictObject({ path: v.optional(path), configs: anything, activeProfiles: anything }))),
  ),
  profiles: v.optional(
    v.nullable(
      v.array(
        v.looseObject({ patches: v.optional(v.nullable(v.array(v.looseObject({ path: anything, from: anything })))) }),
      ),
    ),
  ),
});

/** Where patches of a profile may write: nowhere that adds other files. */
const patched = /^\/(?:build|deploy|manifests|metadata|portForward|render|resourceSelector|test|verify)(?:\/|$)/u;

/**
 * Reads a file of a Skaffold configuration only if Skaffold's YAML parser (go-yaml, YAML 1.1 with parts of 1.2) cannot read it differently:
 * what op has not seen in it, Skaffold does not see either.
 * @param file absolute path
 * @returns undefined if there is no such file; a string says why op cannot tell what Skaffold would read
 */
export async function readSafely(file: string): Promise<SafeFile | WithRemote | string | undefined> {
  const text = await textOfConfig(file);
  if (text === undefined || 'problem' in text) return text?.problem;
  const odd = oddPart(text.content);
  if (odd !== undefined) return `it has ${odd}, which Skaffold may read differently`;
  const documents = parseAllDocuments(text.content, { merge: false });
  const texts: string[] = [];
  const modules: string[] = [];
  for (const [index, document] of documents.entries()) {
    const remote = remoteModule(document.toJS());
    if (remote !== undefined) return { remote };
    if (document.errors.length + document.warnings.length > 0)
      return 'it is not valid YAML, so op cannot tell whether it runs code';
    visit(document, {
      Scalar: (_, { value }) => {
        if (typeof value === 'string') texts.push(value);
      },
    });
    if (texts.includes('<<')) return 'it has a merge key (<<), which Skaffold may read differently';
    // YAML 1.1 and 1.2 must agree on what other files there are.
    const old = parseAllDocuments(text.content, { merge: false, version: '1.1' })[index];
    const [read, readOld] = [document.toJS(), old?.toJS()].map((one) => v.safeParse(config, one ?? {}));
    if (!read?.success || !readOld?.success) return 'op cannot tell which other files its requires and profiles name';
    const { requires, profiles } = read.output;
    if (JSON.stringify(requires) !== JSON.stringify(readOld.output.requires))
      return 'op cannot tell which files its requires name';
    for (const { path: at, from = '/build' } of (profiles ?? []).flatMap(({ patches }) => patches ?? [])) {
      if (![at, from].every((one) => typeof one === 'string' && patched.test(one))) {
        return `a profile patches ${JSON.stringify(at)}, which can add other files`;
      }
    }
    modules.push(...(requires ?? []).flatMap((one) => one.path ?? []));
  }
  return { texts, modules: await Promise.all(modules.map((one) => moduleFile(resolve(dirname(file), one)))) };
}

const remotes = ['git', 'googleCloudBuildRepoV2', 'googleCloudStorage'] as const;
const withRemotes = v.looseObject({ requires: v.array(v.looseObject({})) });

/** The kind of source, for a message: whatever is no plain path is refused. */
function remoteModule(document: unknown): string | undefined {
  const read = v.safeParse(withRemotes, document);
  return read.success ? remotes.find((name) => read.output.requires.some((one) => one[name])) : undefined;
}

/** The file of a module, which may be named by its directory. */
export async function moduleFile(module: string): Promise<string> {
  return (await stat(module).catch(() => undefined))?.isDirectory() ? join(module, 'skaffold.yaml') : module;
}

/**
 * The text of a configuration, undefined if there is none. Skaffold reads skaffold.yml when skaffold.yaml cannot be read, for whatever reason.
 * Source: ReadConfiguration, pkg/skaffold/util/config.go.
 */
export async function textOfConfig(
  file: string,
): Promise<{ readonly content: string } | { readonly problem: string } | undefined> {
  const files = basename(file) === 'skaffold.yaml' ? [file, join(dirname(file), 'skaffold.yml')] : [file];
  for (const one of files) {
    try {
      return { content: await readFile(one, 'utf8') };
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!missing) return { problem: `${one} cannot be read as a file` };
    }
  }
  return undefined;
}
