import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../../context.js';
import { OpError } from '../../../kit/errors/op-error.js';
import { findProgram } from '../../../kit/process/find-program.js';
import { run } from '../../../kit/process/run.js';
import { dismissAgent, waitForAgent } from './builder-agent.js';
import { probeArguments } from './bwrap.js';
import { containerBuilder } from './container.js';

/** Where the detect and build phases run. */
export type BuilderHost =
  /** A container of the builder's image next to op, which takes requests through a shared directory. */
  | { readonly kind: 'container'; readonly directory: string; readonly builder: string }
  /** The builder's file system, in namespaces on this machine. */
  | { readonly kind: 'namespaces'; readonly cache: string }
  /** The program pack with a Docker daemon, which runs all phases. */
  | { readonly kind: 'pack' };

interface Request {
  /** The shared directory of a builder's container. */
  readonly container: string | undefined;
  /** The image of that container. */
  readonly builder: string | undefined;
  /** Whether a Docker daemon answers. */
  readonly daemon: boolean;
  /** `lifecycle`: do not use pack, even if it is installed. */
  readonly engine?: string;
}

/** The programs that builds in namespaces require. */
const requiredPrograms = ['bwrap', 'lifecycle', 'cnb-launcher', 'crane', 'tar'] as const;

/**
 * Finds a host for buildpacks: the builder's container if there is one, else pack with a Docker daemon if both are installed, else
 * namespaces on this machine, which give the same image as the container.
 * @returns the reason if there is none, for a message
 * @throws OpError (tool) if the container refuses to run
 */
export async function findBuilderHost(
  context: Context,
  request: Request,
): Promise<BuilderHost | { readonly why: string }> {
  if (request.container !== undefined) return openContainer(context, request.container, request.builder ?? '');
  const withPack = request.daemon && findProgram('pack', context.env.PATH) !== undefined;
  if (withPack && request.engine !== 'lifecycle') return { kind: 'pack' };
  const why = await whyNoNamespaces(context);
  return why === undefined ? { kind: 'namespaces', cache: cacheOf(context) } : { why };
}

/**
 * Ends the container of the builder. Call it last, whether or not anything was built.
 * @param container its shared directory, if there is one
 */
export async function releaseBuilderHost(container: string | undefined): Promise<void> {
  if (container !== undefined) await dismissAgent(container);
}

async function openContainer(context: Context, directory: string, builder: string) {
  if (!(await waitForAgent(context, directory))) {
    return { why: `the container of the builder ${builder} did not start: no answer in ${directory}` };
  }
  try {
    const host = { kind: 'container', directory, builder } as const;
    await containerBuilder(host);
    return host;
  } catch (error) {
    if (!(error instanceof OpError) || error.kind !== 'input') throw error;
    return { why: `the builder of this pod is ${builder || 'not named'}, and ${error.why}` };
  }
}

async function whyNoNamespaces(context: Context): Promise<string | undefined> {
  const missing = requiredPrograms.filter((program) => findProgram(program, context.env.PATH) === undefined);
  if (missing.length > 0) {
    const hint = missing.includes('bwrap') ? ' (bwrap is in the package bubblewrap)' : '';
    return `buildpacks need ${missing.join(', ')}${hint} on this machine, or pack and a Docker daemon`;
  }
  const ended = await run(context, { program: 'bwrap', args: probeArguments, timeout: 10_000 });
  if (ended.ended === 'ok') return undefined;
  return `bwrap cannot create user namespaces on this machine: ${ended.stderr.trim().split('\n').at(-1) ?? ''}`;
}

const cacheOf = ({ env }: Context) =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'octopipeline', 'builders');
