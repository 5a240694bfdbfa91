import { join, resolve } from 'node:path';
import { usageError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { parseReference } from '../../systems/registry/reference.js';
import { isDay } from '../disk/baseline.js';
import { workflowOf } from '../disk/request.js';
import type { Workflow } from '../history/recorded.js';
import type { OcMirrorRequest } from './options.js';

/** From where on an archive has what is new. */
export type Since =
  /** The newest run: what oc-mirror does without `--since`. */
  | { readonly kind: 'newest' }
  /** Nothing: everything is new. */
  | { readonly kind: 'none' }
  | { readonly kind: 'day'; readonly day: string };

/** A request that oc-mirror would take. */
export interface Checked {
  readonly workflow: Workflow;
  /** Absolute. */
  readonly directory: string;
  readonly cache: string;
  readonly since: Since;
}

/** Words that oc-mirror refuses in the path of a directory with archives. Source: oc-mirror, `ExecutorSchema.Validate` (August 2026). */
const keywords = [
  ...['cluster-resources', 'dry-run', 'graph-preparation', 'helm', 'hold-operator', 'hold-release', 'delete'],
  ...['logs', 'operator-catalogs', 'release-images', 'signatures'],
];

/** Checks what oc-mirror refuses only after it has started, or takes without a word. @throws OpError (usage) */
export function checkRequest(cwd: string, request: OcMirrorRequest): Checked {
  const { to, parallelImages, parallelLayers, maxNestedPaths, strictArchive } = request;
  const workflow = workflowOf(request);
  const directory = resolve(cwd, request.directory);
  const since = sinceOf(request);
  for (const [name, value] of Object.entries({
    'parallel-images': parallelImages,
    'parallel-layers': parallelLayers,
  })) {
    if (value > 10) throw wrong(name, `${value}`, 'oc-mirror takes at most 10', 'give a number from 1 to 10');
  }
  if (maxNestedPaths !== undefined && !/^\d{1,3}$/u.test(maxNestedPaths)) {
    throw wrong('max-nested-paths', maxNestedPaths, 'it is not a number', 'give the levels that the registry allows');
  }
  if (workflow === 'to-disk') {
    if (to !== undefined) throw useless('to', 'to-disk writes archives, and asks no registry for them');
  } else {
    if (since.kind !== 'newest') {
      throw useless(since.kind === 'none' ? 'full' : 'since', `only the archives of to-disk have a baseline`);
    }
    if (strictArchive) throw useless('strict-archive', 'only to-disk writes archives');
    checkRegistry(workflow, to);
  }
  const keyword = workflow === 'direct' ? undefined : keywords.find((word) => directory.includes(word));
  if (keyword !== undefined) {
    throw usageError({
      what: `oc-mirror cannot have archives in ${oneLine(directory)}`,
      why: `it refuses paths with "${keyword}", a word for its own directories`,
      hint: 'name a directory without this word in its path, with --directory',
    });
  }
  return { workflow, directory, cache: resolve(cwd, request.cache), since };
}

/** What oc-mirror checks of a destination, too: it has a host, and neither a tag nor a digest. */
function checkRegistry(workflow: Workflow, to: string | undefined): void {
  if (to === undefined) {
    throw usageError({
      what: `--workflow=${workflow} needs --to`,
      why: 'the images go to a registry',
      hint: 'name it, such as --to=registry.site.example:5000/mirror',
    });
  }
  const read = parseReference(`${to}/image`);
  const problem = 'problem' in read ? read.problem : read.registry === undefined ? 'it has no host' : undefined;
  if (problem !== undefined) {
    const hint = 'write HOST[:PORT][/PATH], without docker://, a tag or a digest; a host has a dot or a port';
    throw wrong('to', to, problem, hint);
  }
}

function sinceOf({ full, incrementalMode, since, sinceDate }: OcMirrorRequest): Since {
  const day = since ?? sinceDate;
  const isFull = full || !incrementalMode;
  if (isFull && day !== undefined) {
    throw usageError({
      what: 'only one of --full and --since can be given',
      why: 'each says what the archive builds on',
      hint: 'leave the other out',
    });
  }
  if (isFull) return { kind: 'none' };
  if (day === undefined) return { kind: 'newest' };
  if (!isDay(day)) throw wrong('since', day, 'it is not a day', 'write a day such as 2026-11-20');
  return { kind: 'day', day };
}

/** What only a run knows. */
export interface RunParts {
  /** The configuration that oc-mirror reads. */
  readonly config: string;
  /** A free port of this machine, for the registry that oc-mirror starts. */
  readonly port: number;
}

/**
 * The arguments of oc-mirror v2. Only flags that 4.18 and newer have, always with `--v2`, which 4.21 demands.
 * Source: oc-mirror, `NewMirrorCmd` and `RetryFlags` (August 2026)
 */
export function argumentsOf(request: OcMirrorRequest, checked: Checked, { config, port }: RunParts): readonly string[] {
  const { workflow, directory, cache, since } = checked;
  const seconds = (milliseconds: number) => `${milliseconds / 1000}s`;
  const given = (isGiven: boolean, ...flags: readonly string[]) => (isGiven ? flags : []);
  const disk = `file://${directory}`;
  const registry = `docker://${request.to}`;
  const places = {
    direct: ['--workspace', disk, registry],
    'to-disk': [disk],
    'from-disk': ['--from', disk, registry],
  }[workflow];
  return [
    '--v2',
    '--config',
    config,
    ...['--cache-dir', cache, '--port', `${port}`],
    ...(request.authfile === undefined ? [] : ['--authfile', request.authfile]),
    ...sinceFlags(since),
    ...given(request.dryRun, '--dry-run'),
    ...['--parallel-images', `${request.parallelImages}`, '--parallel-layers', `${request.parallelLayers}`],
    ...['--image-timeout', seconds(request.imageTimeout), '--retry-times', `${request.retryTimes}`],
    ...given(request.retryDelay > 0, '--retry-delay', seconds(request.retryDelay)),
    ...given(!request.sourceTlsVerify, '--src-tls-verify=false'),
    ...given(!request.toTlsVerify && workflow !== 'to-disk', '--dest-tls-verify=false'),
    ...given(request.securePolicy, '--secure-policy'),
    ...given(request.removeSignatures, '--remove-signatures'),
    ...given(request.strictArchive, '--strict-archive'),
    ...(request.maxNestedPaths === undefined ? [] : ['--max-nested-paths', request.maxNestedPaths]),
    ...places,
  ];
}

const oneDay = 24 * 60 * 60_000;

/**
 * oc-mirror builds on the newest run *before* the day of `--since`: for one on or before a day, the next day is given.
 * A day before there was oc-mirror has no run before it, so that everything is new.
 */
function sinceFlags(since: Since): readonly string[] {
  if (since.kind === 'newest') return [];
  const next = since.kind === 'none' ? '1970-01-01' : nextDay(since.day);
  return ['--since', next];
}

const nextDay = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + oneDay).toISOString().slice(0, 10);

/** The directory that oc-mirror keeps its state in. */
export const workingDirectory = ({ directory }: Checked): string => join(directory, 'working-dir');

const wrong = (name: string, value: string, why: string, hint: string) =>
  usageError({ what: `invalid --${name}=${oneLine(value)}`, why, hint });

const useless = (name: string, why: string) =>
  usageError({ what: `--${name} has no meaning with this workflow`, why, hint: `leave --${name} out` });
