import type { Context } from '../context.js';
import { openHelmFiles } from '../systems/helm/open-repositories.js';
import type { Registries } from '../systems/registry/client/registries.js';
import { openCharts } from './charts/open-charts.js';
import { copy } from './copy/copy.js';
import type { WrittenHistory } from './history/written.js';
import type { Mirror } from './mirror-file/read.js';
import type { MirrorRequest } from './options.js';
import { type Files, filesIn } from './plan/files.js';
import type { ReadPlan } from './plan/plan.js';
import { beforeCopy } from './prune/note-written.js';
import { openManifestCache } from './registries/manifests.js';
import { fromRegistries, type Origins } from './registries/origin.js';
import { openRegistries } from './registries/registries.js';
import { type Lister, listerOf } from './resolve/list-images.js';
import { type Resolved, resolve } from './resolve/resolve.js';

/** What every command works with. */
export interface Work extends AsyncDisposable {
  readonly mirror: Mirror;
  readonly files: Files;
  readonly registries: Registries;
  readonly origins: Origins;
  readonly list: Lister;
  readonly request: MirrorRequest;
}

/** Opens the registries of a mirror for a command. */
export function openWork(context: Context, mirror: Mirror, request: MirrorRequest): Work {
  const patience = {
    ...(request.pauses === undefined ? {} : { pauses: request.pauses }),
    ...(request.idle === undefined ? {} : { idle: request.idle }),
  };
  const { registries, hosts } = openRegistries(context, mirror, request, patience);
  const files = filesIn(context.cwd, request.directory);
  const charts = openCharts(openHelmFiles(context, hosts), files);
  const origins = fromRegistries(registries, charts.origin, openManifestCache(files.manifests));
  return {
    mirror,
    files,
    registries,
    origins,
    list: listerOf(registries, charts),
    request,
    [Symbol.asyncDispose]: async () => {
      await charts[Symbol.asyncDispose]();
      await registries[Symbol.asyncDispose]();
    },
  };
}

/** Compares both sides. */
export const makePlan = (context: Context, work: Work): Promise<Resolved> =>
  resolve(context, { ...work, deep: work.request.deep ?? false });

/**
 * Copies what a plan says, and first remembers what it will write.
 * @param lacking what the destination was found to lack, if the plan was made just now
 */
export async function copyAll(
  context: Context,
  read: ReadPlan,
  work: Work,
  written: WrittenHistory,
  lacking?: ReadonlySet<string>,
): Promise<void> {
  const now = context.now().toISOString();
  await written.change((before) => ({ ...before, images: beforeCopy(before.images, read.plan.items, now) }));
  await copy(context, read, { ...work, pauses: pausesOf(work), idle: work.request.idle, lacking });
}

/** Milliseconds before a transfer is tried again. */
const transferPauses = [1000, 5000, 15_000];

/** Those of a run. */
export const pausesOf = ({ request, mirror }: Work): readonly number[] =>
  (request.pauses ?? transferPauses).slice(0, mirror.retries);
