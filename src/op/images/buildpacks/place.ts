import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import { run } from '../../kit/process/run.js';
import { companionIsThere, dismiss } from './companion.js';
import { containerBuilder } from './in-container.js';
import { tryOut } from './sandbox.js';

/** Where the detect and build phases run. */
export type Place =
  /** A container of the builder's image beside op, which does what is asked for in a shared directory. */
  | { readonly kind: 'container'; readonly directory: string; readonly builder: string }
  /** The builder's file system in namespaces of this machine. */
  | { readonly kind: 'namespaces'; readonly cache: string }
  /** The program pack and a Docker daemon, which do everything. */
  | { readonly kind: 'pack' };

interface Request {
  /** The shared directory of a builder's container. */
  readonly container: string | undefined;
  /** The image of that container. */
  readonly builder: string | undefined;
  /** Whether a Docker daemon answers. */
  readonly daemon: boolean;
  /** `lifecycle` does without pack, although it is there. */
  readonly engine?: string;
}

/** Programs that builds in namespaces need. */
const needed = ['bwrap', 'lifecycle', 'cnb-launcher', 'crane', 'tar'] as const;

/**
 * Looks for a place where buildpacks can build: the builder's container if there is one, else pack with a Docker daemon, as people who have it
 * are used to, else namespaces of this machine, which give the same image as the container.
 * @returns why there is none, for a person
 */
export async function findPlace(context: Context, request: Request): Promise<Place | { readonly why: string }> {
  if (request.container !== undefined) return containerPlace(context, request.container, request.builder ?? '');
  const withPack = request.daemon && findProgram('pack', context.env.PATH) !== undefined;
  if (withPack && request.engine !== 'lifecycle') return { kind: 'pack' };
  const why = await whyNoNamespaces(context);
  return why === undefined ? { kind: 'namespaces', cache: cacheOf(context) } : { why };
}

/**
 * The last thing to do with the container of a builder, whatever was built, and also when nothing was: it ends.
 * @param container its shared directory, if there is one
 */
export async function releasePlace(container: string | undefined): Promise<void> {
  if (container !== undefined) await dismiss(container);
}

async function containerPlace(context: Context, directory: string, builder: string) {
  if (!(await companionIsThere(context, directory))) {
    return { why: `the container of the builder ${builder} did not start: nothing answers in ${directory}` };
  }
  try {
    const place = { kind: 'container', directory, builder } as const;
    await containerBuilder(place);
    return place;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return { why: `the builder of this pod is ${builder || 'not named'}, and ${error.why}` };
  }
}

async function whyNoNamespaces(context: Context): Promise<string | undefined> {
  const missing = needed.filter((program) => findProgram(program, context.env.PATH) === undefined);
  if (missing.length > 0) {
    const hint = missing.includes('bwrap') ? ' (bwrap is in the package bubblewrap)' : '';
    return `buildpacks need ${missing.join(', ')} here${hint}, or pack and a Docker daemon`;
  }
  const ended = await run(context, { program: 'bwrap', args: tryOut, timeout: 10_000 });
  if (ended.ended === 'ok') return undefined;
  return `this machine gives no user namespaces to bwrap: ${ended.stderr.trim().split('\n').at(-1) ?? ''}`;
}

const cacheOf = ({ env }: Context) =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'octopipeline', 'builders');
