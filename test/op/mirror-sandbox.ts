import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRequest } from '../../src/op/kit/options/read-request.js';
import { FailedWithOutputs } from '../../src/op/kit/results/results.js';
import { historyOptions, turnOptions } from '../../src/op/mirroring/history/options.js';
import { copy, report, resolve, runAll, verify } from '../../src/op/mirroring/mirror.js';
import { type MirrorRequest, mirrorOptions } from '../../src/op/mirroring/options.js';
import type { Plan } from '../../src/op/mirroring/plan/plan.js';
import type { PrunePlan } from '../../src/op/mirroring/prune/prune-plan.js';
import { type PruneRequest, prune } from '../../src/op/mirroring/prune.js';
import type { Report } from '../../src/op/mirroring/report/reported.js';
import { withTools } from '../tools.js';
import { logInto, testContext } from './test-context.js';

/** A directory with a mirror file, for mirroring in the process of the test. */
export interface MirrorSandbox {
  readonly path: string;
  /** Everything that was printed for people. */
  readonly printed: string[];
  readonly write: (name: string, content: string) => Promise<void>;
  readonly read: (name: string) => Promise<string | undefined>;
  readonly resolve: (parts?: Partial<MirrorRequest>) => Promise<Plan>;
  readonly copy: (parts?: Partial<MirrorRequest>) => Promise<void>;
  readonly verify: (parts?: Partial<MirrorRequest>) => Promise<void>;
  readonly run: (parts?: Partial<MirrorRequest>) => Promise<Report>;
  readonly report: () => Promise<Report>;
  /** What is planned, or with `delete` was done; also when it fails: in `prune.json`. */
  readonly prune: (parts?: Partial<PruneRequest>) => Promise<PrunePlan>;
  readonly remove: () => Promise<void>;
}

/** Creates one. Pauses between attempts are short. @param now its clock @param more of its environment */
export async function createMirrorSandbox(
  file = '',
  now = () => new Date(),
  more: Readonly<Record<string, string>> = {},
): Promise<MirrorSandbox> {
  const path = await mkdtemp(join(tmpdir(), 'mirror-sandbox-'));
  const printed: string[] = [];
  const env = { ...withTools(['crane']), HOME: path, DOCKER_CONFIG: undefined, ...more };
  const out: string[] = [];
  const { context } = testContext({
    env,
    cwd: path,
    now,
    out: (text) => void out.push(text),
    log: logInto((text) => void printed.push(text)),
  });
  const request = (parts: Partial<MirrorRequest> = {}): MirrorRequest => ({
    ...readRequest('mirror', { ...mirrorOptions, ...historyOptions, ...turnOptions }, {}),
    pauses: [10, 20, 30],
    ...parts,
  });
  const said = <Value>(): Value => JSON.parse(out.splice(0).join('')) as Value;
  const write = (name: string, content: string) => writeFile(join(path, name), content);
  await write('mirror.yaml', file);
  const reported = async (): Promise<Report> => {
    await report(context, { ...request(), output: 'json' });
    return said<Report>();
  };
  return {
    path,
    printed,
    write,
    read: (name) => readFile(join(path, name), 'utf8').catch(() => undefined),
    resolve: async (parts) => {
      await resolve(context, { ...request(parts), output: 'json' });
      return said<Plan>();
    },
    copy: (parts) => copy(context, request(parts)),
    verify: (parts) => verify(context, request(parts)),
    run: async (parts) => {
      await runAll(context, request(parts)).catch((error: unknown) => {
        throw error instanceof FailedWithOutputs ? error.failure : error;
      });
      return reported();
    },
    report: reported,
    prune: async (parts) => {
      out.length = 0;
      await prune(context, { ...request(parts), delete: parts?.delete ?? false, output: 'json' });
      return said<PrunePlan>();
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
