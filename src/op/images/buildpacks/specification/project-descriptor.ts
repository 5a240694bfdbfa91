import * as v from 'valibot';
import { inputError } from '../../../kit/errors/op-error.js';
import type { Log } from '../../../kit/log/log.js';
import { readToml } from './toml.js';

/** A buildpack in project.toml: from the builder, from elsewhere, or a script. */
export interface NamedBuildpack {
  readonly id: string | undefined;
  readonly version: string | undefined;
  readonly uri: string | undefined;
  readonly script: { readonly api: string; readonly inline: string; readonly shell: string } | undefined;
}

/** What project.toml says about a build. */
export interface ProjectDescriptor {
  readonly builder: string | undefined;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly buildpacks: readonly NamedBuildpack[];
  readonly pre: readonly NamedBuildpack[];
  readonly post: readonly NamedBuildpack[];
  readonly env: Readonly<Record<string, string>>;
}

/** A context without project.toml. */
export const noDescriptor: ProjectDescriptor = {
  builder: undefined,
  include: [],
  exclude: [],
  buildpacks: [],
  pre: [],
  post: [],
  env: {},
};

const text = v.string('must be a string');
const texts = v.array(text, 'must be a list of strings');
const pair = v.looseObject({ name: text, value: text }, 'must be a table with name and value');
const pairs = v.array(pair, 'must be a list of tables with name and value');
const buildpack = v.looseObject(
  {
    id: v.optional(text),
    version: v.optional(text),
    uri: v.optional(text),
    script: v.optional(
      v.looseObject(
        { api: v.optional(text), inline: v.optional(text), shell: v.optional(text) },
        'must be a table with api and inline',
      ),
    ),
  },
  'must be a table with id or uri',
);
const group = v.looseObject(
  { group: v.optional(v.array(buildpack, 'must be a list of tables'), []) },
  'must be a table',
);
const keys = { include: v.optional(texts), exclude: v.optional(texts), builder: v.optional(text) };

/** Schema 0.1: [build]. Source: the project descriptor of pack 0.37, pkg/project/v01. */
const first = v.looseObject({
  build: v.optional(
    v.looseObject(
      {
        ...keys,
        buildpacks: v.optional(v.array(buildpack, 'must be a list of tables')),
        env: v.optional(pairs),
        pre: v.optional(group),
        post: v.optional(group),
      },
      'must be a table',
    ),
  ),
});

/** Schema 0.2: [_] and [io.buildpacks]. Source: buildpacks/spec, extensions/project-descriptor.md. */
const second = v.looseObject({
  _: v.optional(v.looseObject({ 'schema-version': v.optional(text) }, 'must be a table')),
  io: v.optional(
    v.looseObject(
      {
        buildpacks: v.optional(
          v.looseObject(
            {
              ...keys,
              group: v.optional(v.array(buildpack, 'must be a list of tables')),
              build: v.optional(v.looseObject({ env: v.optional(pairs) }, 'must be a table')),
              env: v.optional(v.looseObject({ build: v.optional(pairs) }, 'must be a table')),
              pre: v.optional(group),
              post: v.optional(group),
            },
            'must be a table',
          ),
        ),
      },
      'must be a table',
    ),
  ),
});

/**
 * Reads a project.toml of schema 0.1 or 0.2, as pack does: without a version it is 0.1.
 * @param file its path, for messages
 * @throws OpError (input) with the line or the key
 */
export function parseProjectDescriptor(file: string, content: string, log: Pick<Log, 'warn'>): ProjectDescriptor {
  const head = shaped(file, content, second);
  const version = head._?.['schema-version'] ?? '0.1';
  if (version === '0.2') return fromSecond(file, head, log);
  if (version !== '0.1') {
    throw malformed(file, undefined, `its schema-version is "${version}", but only 0.1 and 0.2 exist`);
  }
  if (head.io?.buildpacks !== undefined) {
    log.warn(`${file}: [io.buildpacks] is ignored: it needs schema-version = "0.2" in the table [_]`);
  }
  const { build = {} } = shaped(file, content, first);
  warnOfUnknown(file, build, ['include', 'exclude', 'builder', 'buildpacks', 'env', 'pre', 'post'], 'build', log);
  return toDescriptor(file, build, build.buildpacks, build.env);
}

function fromSecond(file: string, { io }: v.InferOutput<typeof second>, log: Pick<Log, 'warn'>): ProjectDescriptor {
  const table = io?.buildpacks ?? {};
  const known = ['include', 'exclude', 'builder', 'group', 'build', 'env', 'pre', 'post'];
  warnOfUnknown(file, table, known, 'io.buildpacks', log);
  // The second is an older spelling that pack still reads.
  return toDescriptor(file, table, table.group, table.build?.env ?? table.env?.build);
}

interface Table {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly builder?: string | undefined;
  readonly pre?: v.InferOutput<typeof group> | undefined;
  readonly post?: v.InferOutput<typeof group> | undefined;
}

function toDescriptor(
  file: string,
  { include, exclude, builder, pre, post }: Table,
  buildpacks: readonly v.InferOutput<typeof buildpack>[] = [],
  env: readonly v.InferOutput<typeof pair>[] = [],
): ProjectDescriptor {
  if (include !== undefined && exclude !== undefined) {
    throw malformed(file, undefined, 'it has both include and exclude, but only one is allowed');
  }
  const named = (list: readonly v.InferOutput<typeof buildpack>[] = []) => list.map((item) => toBuildpack(file, item));
  return {
    builder,
    include: include ?? [],
    exclude: exclude ?? [],
    buildpacks: named(buildpacks),
    pre: named(pre?.group),
    post: named(post?.group),
    env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
  };
}

function toBuildpack(file: string, item: v.InferOutput<typeof buildpack>): NamedBuildpack {
  const { id, version, uri, script } = item;
  if (!id && !uri) throw malformed(file, undefined, 'a buildpack has neither id nor uri');
  if (uri && version) throw malformed(file, undefined, `the buildpack ${uri} has both uri and version`);
  if (script?.inline === undefined || uri) return { id, version, uri, script: undefined };
  if (!script.api) throw malformed(file, undefined, `the script of the buildpack ${id} has no api`);
  return { id, version, uri, script: { api: script.api, inline: script.inline, shell: script.shell || '/bin/sh' } };
}

/** As pack does, op ignores unknown keys with a warning. */
function warnOfUnknown(file: string, table: object, known: readonly string[], path: string, log: Pick<Log, 'warn'>) {
  const unknown = Object.keys(table).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    log.warn(`${file}: ${unknown.map((key) => `${path}.${key}`).join(', ')} is unknown and ignored`);
  }
}

function shaped<Shape extends v.GenericSchema>(file: string, content: string, shape: Shape): v.InferOutput<Shape> {
  const read = readToml(content, shape);
  if ('value' in read) return read.value;
  throw malformed(file, read.malformed.line, read.malformed.why);
}

const malformed = (file: string, line: number | undefined, why: string) =>
  inputError({
    what: `${file}${line === undefined ? '' : `:${line}`} is not a valid project descriptor`,
    why,
    hint: 'correct the file; buildpacks.io describes the format under "Project descriptor"',
  });
