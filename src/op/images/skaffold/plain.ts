import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../../context.js';
import { parseReference } from '../../systems/registry/reference.js';
import { notInherited, type Project } from './project.js';

/**
 * A skaffold.yaml so simple that op reads it as Skaffold does, without starting Skaffold: one configuration, no profile, no template, no
 * module, a tag from Git. Every field is on the list below; Skaffold reads everything else.
 */
export type PlainConfig = v.InferOutput<typeof plainConfig>;

// No template, and no character that YAML's two versions or Go's printing treat differently.
const text = v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/u), v.excludes('{{'));
const path = v.pipe(text, v.regex(/^[\w.][\w./-]*$/u));
const paths = v.array(text);
const image = v.pipe(
  text,
  v.check((name) => {
    const read = parseReference(name);
    return !('problem' in read) && read.tag === undefined && read.digest === undefined;
  }),
);

const dependencies = v.strictObject({ paths: v.optional(paths), ignore: v.optional(paths) });
const artifact = v.pipe(
  v.strictObject({
    image,
    context: v.optional(path, '.'),
    requires: v.optional(v.array(v.strictObject({ image, alias: v.optional(v.pipe(text, v.regex(/^\w+$/u))) }))),
    docker: v.optional(
      v.strictObject({
        dockerfile: v.optional(path),
        target: v.optional(path),
        buildArgs: v.optional(v.record(v.pipe(text, v.regex(/^[A-Za-z_]\w*$/u)), text)),
      }),
    ),
    buildpacks: v.optional(
      v.strictObject({
        builder: text,
        runImage: v.optional(text),
        env: v.optional(v.array(v.pipe(text, v.regex(/^[A-Za-z_]\w*=.*$/u)))),
        trustBuilder: v.optional(v.boolean()),
      }),
    ),
    custom: v.optional(v.strictObject({ buildCommand: text, dependencies: v.optional(dependencies) })),
  }),
  v.check(
    ({ docker, buildpacks, custom }) => [docker, buildpacks, custom].filter((one) => one !== undefined).length <= 1,
  ),
);

const versions = Array.from({ length: 13 }, (_, index) => `skaffold/v4beta${index + 1}`);

const plainConfig = v.strictObject({
  apiVersion: v.picklist(versions),
  kind: v.literal('Config'),
  metadata: v.optional(v.strictObject({ name: v.optional(v.pipe(text, v.regex(/^[\w-]+$/u))) })),
  build: v.strictObject({
    artifacts: v.pipe(
      v.array(artifact),
      v.minLength(1),
      v.check((artifacts) => isComplete(artifacts)),
    ),
    tagPolicy: v.optional(v.strictObject({ gitCommit: v.strictObject({}) })),
    local: v.optional(
      v.strictObject({
        push: v.optional(v.boolean()),
        useBuildkit: v.optional(v.boolean()),
        concurrency: v.optional(v.number()),
      }),
    ),
  }),
  manifests: v.optional(v.strictObject({ rawYaml: paths })),
  deploy: v.optional(v.strictObject({ kubectl: v.strictObject({}) })),
});

/** Each image once, and all that they require among them, no image through others from itself. */
function isComplete(artifacts: readonly v.InferOutput<typeof artifact>[]): boolean {
  const requires = new Map(artifacts.map((one) => [one.image, (one.requires ?? []).map((other) => other.image)]));
  if (requires.size !== artifacts.length) return false;
  return (
    artifacts.every((one) => new Set(requires.get(one.image)).size === (one.requires ?? []).length) &&
    isSorted(requires)
  );
}

/** Whether everything can be put into an order in which each comes after what it requires. */
function isSorted(requires: ReadonlyMap<string, readonly string[]>): boolean {
  const neededBy = new Map<string, string[]>([...requires.keys()].map((image) => [image, []]));
  for (const [image, others] of requires) for (const other of others) neededBy.get(other)?.push(image);
  const left = new Map([...requires].map(([image, others]) => [image, others.length]));
  const ready = [...left].flatMap(([image, count]) => (count === 0 ? [image] : []));
  for (const image of ready) {
    for (const other of neededBy.get(image) ?? []) {
      const count = (left.get(other) ?? 0) - 1;
      left.set(other, count);
      if (count === 0) ready.push(other);
    }
  }
  return ready.length === requires.size;
}

/** Reads a plain skaffold.yaml; undefined when Skaffold has to read it. */
export async function readPlain(context: Context, project: Project): Promise<PlainConfig | undefined> {
  if (project.config !== undefined || project.profiles.length > 0 || project.platforms.length > 0) return undefined;
  if (isConfigured({ ...context.env, ...project.env })) return undefined;
  const [file, variables, global] = await Promise.all([
    textOf(resolve(project.directory, project.file)),
    // Skaffold adds these to the environment: they may set its flags.
    textOf(resolve(project.directory, 'skaffold.env')),
    textOf(resolve(context.env.HOME ?? '/', '.skaffold/config')),
  ]);
  if (variables !== '' || /default-repo|multi-level-repo|concurrency|insecure/u.test(global)) return undefined;
  const read = v.safeParse(plainConfig, parseAlike(file));
  return read.success ? read.output : undefined;
}

const textOf = (file: string) => readFile(file, 'utf8').catch(() => '');

/** Skaffold reads each of its flags from the environment too. */
const isConfigured = (env: Readonly<Record<string, string | undefined>>) =>
  Object.entries(env).some(
    ([name, value]) =>
      value !== undefined && name.startsWith('SKAFFOLD_') && !decided.includes(name.slice('SKAFFOLD_'.length)),
  );
const decided: readonly string[] = [...notInherited, 'INSECURE_REGISTRY', 'UPDATE_CHECK', 'INTERACTIVE'];

/** The one document of a file that means the same in YAML 1.1 and 1.2, without anchors, tags and repeated keys. */
function parseAlike(file: string): unknown {
  const [old, current] = (['1.1', '1.2'] as const).map((version) => {
    const [document, ...more] = parseAllDocuments(file, { version, merge: false });
    if (document === undefined || more.length > 0 || !('contents' in document)) return undefined;
    const unusual = document.errors.length > 0 || document.warnings.length > 0 || /(?:^|[\s[{,])[&*!]/mu.test(file);
    return unusual ? undefined : document.toJS();
  });
  return inText(old) === inText(current) ? current : undefined;
}

/** The most frequent context, `.`, is a number in YAML 1.1, but a text for Skaffold. */
const inText = (value: unknown) => JSON.stringify(value, (_, one: unknown) => (Number.isNaN(one) ? '.' : one));
