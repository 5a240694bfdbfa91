import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PromoteOutputs } from '../../src/op/delivery/promote/job.js';
import { type PromoteRequest, promoteOptions } from '../../src/op/delivery/promote/options.js';
import { promote } from '../../src/op/delivery/promote/promote.js';
import { readRequest } from '../../src/op/kit/options/read-request.js';
import { withTools } from '../tools.js';
import { testContext } from './test-context.js';

/** A directory with a build result, for promotions from `dev` to `pp` inside of the test's own process. */
export interface PromoteRoom {
  readonly directory: string;
  /** Everything that the promotions have printed. */
  readonly printed: readonly string[];
  /** Writes the build result: names with references. */
  readonly built: (images: Readonly<Record<string, string>>) => Promise<void>;
  readonly promote: (parts?: Partial<PromoteRequest>, signal?: AbortSignal) => Promise<PromoteOutputs>;
  /** A file that was written, or undefined. */
  readonly read: (name: string) => Promise<string | undefined>;
  readonly remove: () => Promise<void>;
}

const usual: PromoteRequest = {
  ...readRequest('promote-image', promoteOptions, {}),
  source: 'dev',
  destination: 'pp',
  timeout: 60_000,
  pauses: [10, 10, 10],
};

/** Makes one. @param repositories where the images of dev and pp lie */
export async function promoteRoom(repositories: { readonly dev: string; readonly pp: string }): Promise<PromoteRoom> {
  const directory = await mkdtemp(join(tmpdir(), 'promote-room-'));
  const printed: string[] = [];
  const env = {
    ...withTools(['regctl']),
    HOME: directory,
    GOOGLE_GKE_IMAGE_REPOSITORY: repositories.dev,
    GOOGLE_GKE_IMAGE_PP_REPOSITORY: repositories.pp,
  };
  return {
    directory,
    printed,
    built: async (images) => {
      const builds = Object.entries(images).map(([imageName, tag]) => ({ imageName, tag }));
      await writeFile(join(directory, 'build_result.json'), JSON.stringify({ builds }));
    },
    promote: async (parts = {}, signal = new AbortController().signal) => {
      const write = (text: string) => void printed.push(text);
      const log = { step: write, progress: write, warn: write, debug: () => {} };
      const { context } = testContext({ env, cwd: directory, signal, log, out: write });
      return promote(context, { ...usual, ...parts });
    },
    read: (name) => readFile(join(directory, name), 'utf8').catch(() => undefined),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
