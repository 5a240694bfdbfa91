import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type * as v from 'valibot';
import type { Context } from '../../context.js';
import { readYaml } from '../../kit/config/yaml-problems.js';
import { inputError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { parseDuration } from '../../kit/options/duration.js';
import type { PullLimits } from '../../systems/registry/client/pull-guard.js';
import { type NotAReference, parsePrefix } from '../../systems/registry/reference.js';
import { parseBytes } from './bytes.js';
import { nameOfAllCharts, nameOfChart } from './chart-name.js';
import { nameOfFile } from './name.js';
import type { KeepRules } from './prune-rules.js';
import { type DriftPolicy, mirrorFile } from './schema.js';

type Checked = v.InferOutput<typeof mirrorFile>;
/** How tags of a repository are chosen. */
export type TagSelection = NonNullable<Checked['sources'][number]['tags']>;

/** Which platforms of an index are copied, and what becomes of the index. */
export type PlatformChoice = NonNullable<Checked['sources'][number]['platforms']>;

/** A chart of an HTTP Helm repository, or all of them. */
export interface ChartChoice {
  /** URL of the repository. */
  readonly repository: string;
  /** Undefined: every chart that the repository has. */
  readonly name: string | undefined;
  /** Required: a chart without a provenance file is not copied. */
  readonly provenance: 'required' | undefined;
}

/** What is copied of all that refers to an image. */
export interface ReferrerChoice {
  readonly copy: 'all' | readonly string[];
  /** One of these kinds must refer to an image; empty if none need. */
  readonly required: readonly string[];
}

/** What to mirror from one repository, complete. */
export interface MirrorSource {
  /** For messages, such as `mirror.yaml:12: sources[2]`. */
  readonly at: string;
  /** A repository or an image; for a chart, what it is called in plans, and for all charts of a repository that with `*` for their names. */
  readonly from: string;
  /** Undefined: images of a registry. */
  readonly chart: ChartChoice | undefined;
  readonly to: string;
  readonly tags: TagSelection | undefined;
  readonly digests: readonly string[];
  /** Undefined: indexes are copied whole. */
  readonly platforms: PlatformChoice | undefined;
  /** Undefined: none. */
  readonly referrers: ReferrerChoice | undefined;
  readonly drift: DriftPolicy;
  readonly immutableTags: readonly string[];
}

/** A registry that needs more than a name; paths are absolute. */
export interface MirrorRegistry {
  readonly host: string;
  readonly dockerconfig: string | undefined;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  /** Undefined: as it allows. */
  readonly rate: PullLimits | undefined;
}

/** A mirror file that was read: all defaults are filled in. */
export interface Mirror {
  /** Of its history and its lock. */
  readonly name: string;
  /** As it was named. */
  readonly file: string;
  /** SHA-256 of the file: a plan belongs to the file that it was made from. */
  readonly digest: string;
  readonly sources: readonly MirrorSource[];
  readonly registries: readonly MirrorRegistry[];
  readonly parallel: number;
  readonly retries: number;
  /** Milliseconds for one image. */
  readonly timeout: number;
  /** How many runs are remembered. */
  readonly history: number;
  readonly limits: {
    readonly newImages: number | undefined;
    readonly bytes: number | undefined;
    readonly deletions: number | undefined;
  };
  /** What `op mirror prune` keeps; undefined: it may not delete anything. */
  readonly keep: KeepRules | undefined;
}

/**
 * Reads and checks a mirror file.
 * @throws OpError (input) with every problem, its line and its path
 */
export async function readMirror({ cwd }: Pick<Context, 'cwd'>, file: string): Promise<Mirror> {
  const path = resolve(cwd, file);
  const content = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read the mirror file ${file}`,
      why: cause.code === 'ENOENT' ? 'no such file' : cause.message,
      hint: 'name it with --file; docs/mirroring.md shows one',
      cause,
    });
  });
  return parseMirror(file, content, dirname(path));
}

/** The same for a text. @param directory where relative paths in it start */
export function parseMirror(file: string, content: string, directory: string): Mirror {
  const read = readYaml(mirrorFile, content);
  if ('problems' in read) {
    const { problems } = read;
    throw inputError({
      what: `${file} has ${countOf(problems.length, 'problem')}`,
      why: problems
        .map(({ line, path, what }) => oneLine(`${file}:${line}: ${path === '' ? 'it' : path} ${what}`, 300))
        .join('\n'),
      hint: 'correct these lines; docs/mirroring.md describes every field',
    });
  }
  const { defaults = {}, sources, registries = [], run = {}, limits = {} } = read.value;
  const { newImages, bytes, deletions } = limits;
  return {
    name: read.value.name ?? nameOfFile(file),
    file,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    sources: sources.flatMap((one, index): MirrorSource[] => {
      const common = {
        at: `${file}:${read.lineOf(['sources', index])}: sources[${index}]`,
        to: one.to ?? defaults.to ?? '',
        tags: one.tags,
        digests: one.digests ?? [],
        drift: one.drift ?? defaults.drift ?? 'overwrite',
        immutableTags: one.immutableTags ?? defaults.immutableTags ?? [],
      };
      const { from } = one;
      if (typeof from === 'object') {
        // What defaults says of platforms and referrers is for images.
        const names = from.charts === 'all' ? [undefined] : [...new Set(from.charts)];
        return names.map((name) => ({
          ...common,
          from: name === undefined ? nameOfAllCharts(from.helm) : textOf(nameOfChart(from.helm, name)),
          chart: { repository: from.helm, name, provenance: from.provenance },
          platforms: undefined,
          referrers: undefined,
        }));
      }
      return [
        {
          ...common,
          from,
          chart: undefined,
          platforms: one.platforms ?? defaults.platforms,
          referrers: choiceOf(one.referrers ?? defaults.referrers),
        },
      ];
    }),
    registries: registries.map(({ host, dockerconfig, ca, insecure = false, rate }) => {
      const read = parsePrefix(host);
      return {
        host: 'registry' in read ? read.registry : host,
        dockerconfig: dockerconfig === undefined ? undefined : resolve(directory, dockerconfig),
        ca: ca === undefined ? undefined : resolve(directory, ca),
        insecure,
        rate: rate && { ...rate, per: milliseconds(rate.per), retry: milliseconds(rate.retry) },
      };
    }),
    parallel: run.parallel ?? 6,
    retries: run.retries ?? 5,
    timeout: milliseconds(run.timeout) ?? 20 * 60_000,
    history: run.history ?? 30,
    limits: { newImages, bytes: typeof bytes === 'string' ? parseBytes(bytes) : bytes, deletions },
    keep: read.value.prune?.keep,
  };
}

function textOf(name: string | NotAReference): string {
  if (typeof name === 'string') return name;
  throw new Error(`the mirror file was not checked: ${name.problem}`);
}

const milliseconds = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text));

function choiceOf(given: Checked['sources'][number]['referrers']): ReferrerChoice | undefined {
  if (given === undefined || given.copy === 'none') return undefined;
  return { copy: given.copy, required: given.required ?? [] };
}
