import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PromoteRequest, promoteOptions } from '../../src/op/delivery/promote/options.js';
import { type PromoteOutputs, promote } from '../../src/op/delivery/promote/promote.js';
import { readRequest } from '../../src/op/kit/options/read-request.js';
import { withTools } from '../tools.js';
import { logInto, testContext } from './test-context.js';

/** A directory with a build result, for promotions from `dev` to `pp` in the process of the test. */
export interface PromoteSandbox {
  readonly path: string;
  /** Everything that the promotions printed. */
  readonly printed: readonly string[];
  /** Writes the build result: references by name. */
  readonly built: (images: Readonly<Record<string, string>>) => Promise<void>;
  /** @param debug hears the debug lines */
  readonly promote: (parts?: Partial<PromoteRequest>, debug?: (line: string) => void) => Promise<PromoteOutputs>;
  /** The content of a file, or undefined. */
  readonly read: (name: string) => Promise<string | undefined>;
  readonly remove: () => Promise<void>;
}

const defaults: PromoteRequest = {
  ...readRequest('promote-image', promoteOptions, {}),
  source: 'dev',
  destination: 'pp',
  timeout: 60_000,
  pauses: [10, 10, 10],
};

/** Creates one. @param repositories those of dev and pp */
export async function createPromoteSandbox(repositories: {
  readonly dev: string;
  readonly pp: string;
}): Promise<PromoteSandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'promote-sandbox-'));
  const printed: string[] = [];
  const env = {
    ...withTools(['crane']),
    HOME: directory,
    GOOGLE_GKE_IMAGE_REPOSITORY: repositories.dev,
    GOOGLE_GKE_IMAGE_PP_REPOSITORY: repositories.pp,
  };
  return {
    path: directory,
    printed,
    built: async (images) => {
      const builds = Object.entries(images).map(([imageName, tag]) => ({ imageName, tag }));
      await writeFile(join(directory, 'build_result.json'), JSON.stringify({ builds }));
    },
    promote: async (parts = {}, debug = () => {}) => {
      const write = (text: string) => void printed.push(text);
      const log = { ...logInto(write), warn: write, debug };
      const { context } = testContext({ env, cwd: directory, log, out: write });
      return promote(context, { ...defaults, ...parts });
    },
    read: (name) => readFile(join(directory, name), 'utf8').catch(() => undefined),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
