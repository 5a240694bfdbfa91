import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Config } from './applied-profiles.js';
import { moduleFile, textOfConfig } from './read-safely.js';

const texts = v.nullish(v.array(v.string()), []);
const remotes = ['git', 'googleCloudBuildRepoV2', 'googleCloudStorage'] as const;
const config = v.looseObject({
  metadata: v.nullish(v.looseObject({ name: v.nullish(v.string(), '') }), {}),
  requires: v.nullish(
    v.array(
      v.looseObject({
        path: v.nullish(v.string(), ''),
        configs: texts,
        activeProfiles: v.nullish(v.array(v.looseObject({ name: v.string(), activatedBy: texts })), []),
      }),
    ),
    [],
  ),
  profiles: v.nullish(
    v.array(
      v.looseObject({
        name: v.string(),
        activation: v.nullish(
          v.array(
            v.looseObject({
              env: v.nullish(v.string(), ''),
              command: v.nullish(v.string(), ''),
              kubeContext: v.nullish(v.string(), ''),
            }),
          ),
          [],
        ),
        requiresAllActivations: v.nullish(v.boolean(), false),
        patches: v.nullish(v.array(v.looseObject({ path: v.nullish(v.string(), '') })), []),
      }),
    ),
    [],
  ),
});

/** A text without it, and without escapes that could hide it, says nothing about profiles that activate by themselves. */
const saysMore = /requires|activation|\\/u;

/** A skaffold.yaml with the modules that it requires. */
export interface ConfigFiles {
  /** By absolute path. */
  readonly files: ReadonlyMap<string, readonly Config[]>;
  /** Why op does not know all of it, if so. */
  readonly unknown: string | undefined;
}

/**
 * Reads what the files of a project say about profiles.
 * @param main absolute path
 */
export async function readConfigFiles(main: string): Promise<ConfigFiles> {
  const files = new Map<string, readonly Config[]>();
  const unknown: string[] = [];
  const read = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    const found = await textOfConfig(file);
    // Skaffold's own error is better.
    if (found === undefined || 'problem' in found || !saysMore.test(found.content)) return;
    const { configs, problem } = parseConfigs(file, found.content);
    const withModules = await Promise.all(configs.map(withModuleFiles));
    files.set(file, withModules);
    if (problem !== undefined) unknown.push(`${file}: ${problem}`);
    for (const { requires } of withModules) for (const one of requires) await read(one.file);
  };
  await read(main);
  return { files, unknown: unknown[0] };
}

const withModuleFiles = async (one: Config): Promise<Config> => ({
  ...one,
  requires: await Promise.all(one.requires.map(async (item) => ({ ...item, file: await moduleFile(item.file) }))),
});

function parseConfigs(file: string, text: string): { configs: Config[]; problem: string | undefined } {
  const configs: Config[] = [];
  let problem: string | undefined;
  // Skaffold itself reports a document that is empty.
  for (const content of documentsOf(text).filter((one) => one !== null)) {
    const read = v.safeParse(config, content);
    if (!read.success) problem = `op cannot read it: ${v.summarize(read.issues).split('\n')[0]}`;
    if (!read.success) continue;
    const { metadata, requires, profiles } = read.output;
    if (requires.some((one) => remotes.some((key) => one[key]) || one.path.includes('://'))) {
      problem = 'it requires a configuration that is elsewhere';
    }
    const patched = profiles.find(({ patches }) => patches.some(({ path }) => /^\/?requires/u.test(path)));
    if (patched !== undefined) problem = `its profile ${patched.name} patches requires`;
    const local = requires.map(({ path, ...one }) => ({
      ...one,
      file: path === '' ? file : resolve(dirname(file), path),
    }));
    configs.push({ name: metadata.name, profiles, requires: local });
  }
  return { configs, problem };
}

/** The documents of a file; something that is no configuration for what cannot be read. */
function documentsOf(text: string): readonly unknown[] {
  try {
    return parseAllDocuments(text, { merge: true }).map((document) =>
      document.errors.length > 0 ? 'not YAML' : document.toJS(),
    );
  } catch {
    return ['not YAML'];
  }
}
