import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '../../src/op/context.js';
import { type WatchFlags, watchOptions } from '../../src/op/delivery/watch/options.js';
import { watchDeployment } from '../../src/op/delivery/watch/watch.js';
import type { OpError } from '../../src/op/kit/errors/op-error.js';
import { readRequest } from '../../src/op/kit/options/read-request.js';
import { withTools } from '../tools.js';
import { fluxCrds } from './flux-crds.js';
import { kubernetesPath, type KubernetesApi as Server, startKubernetesApi } from './kubernetes-api.js';
import { type Stage, stageIn } from './rollout.js';
import { testContext } from './test-context.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
/** The expected digest, and the one before it. */
export const [wanted, old] = [digest('a'), digest('b')];
const repository = 'registry.example.com/dev';
export const web = `${repository}/web`;

/** How a watch ended, and when. */
export interface Ended {
  readonly DEPLOYED: string | undefined;
  readonly error: OpError | undefined;
  readonly at: number;
}

/** An API server, and a directory with a build result. */
export interface WatchRoom {
  readonly server: Server;
  readonly room: string;
  /** The environment of op. */
  readonly env: Readonly<Record<string, string>>;
  /** A new namespace for a test. */
  readonly newStage: () => Promise<{ readonly stage: Stage; readonly namespace: string }>;
  readonly watch: (
    namespace: string,
    flags?: Partial<WatchFlags>,
    parts?: Partial<Context>,
  ) => { readonly ended: Promise<Ended>; readonly printed: readonly string[] };
  readonly stop: () => Promise<void>;
}

/** @param flux whether the kinds of Flux are installed */
export async function startWatchRoom({ flux }: { readonly flux: boolean }): Promise<WatchRoom> {
  const room = await mkdtemp(join(tmpdir(), 'watch-test-'));
  const server = await startKubernetesApi();
  if (flux) {
    await server.kubectl(['apply', '--server-side', '--filename=-'], await fluxCrds());
    await server.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  }
  const builds = [{ imageName: 'web', tag: `${web}:v2@${wanted}` }];
  await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
  // An environment with manifests: op set-image writes them before the watch, so a finished Flux is final.
  const manifests = { repository: 'https://git.invalid/fleet.git' };
  await writeFile(join(room, 'environments.yaml'), JSON.stringify({ environments: [{ name: 'dev', manifests }] }));
  const PATH = [kubernetesPath, withTools(['crane']).PATH].join(delimiter);
  const env = { PATH, HOME: room, TMPDIR: room };
  let count = 0;
  return {
    server,
    room,
    env,
    newStage: async () => {
      count += 1;
      const namespace = `shop-${count}`;
      await server.kubectl(['create', 'namespace', namespace]);
      return { stage: stageIn(server.port, namespace), namespace };
    },
    watch: (namespace, flags = {}, parts = {}) => {
      const { context, printed } = testContext({ cwd: room, env, ...parts });
      const all: WatchFlags = {
        ...readRequest('watch-deployment', watchOptions, { environment: ['dev'] }),
        ...{ component: 'web', namespace, repository, timeout: 20_000, kubeconfig: server.kubeconfig('admin') },
        ...flags,
      };
      const ended = watchDeployment(context, all).then(
        ({ DEPLOYED }) => ({ DEPLOYED, error: undefined, at: Date.now() }),
        (error: OpError) => ({ DEPLOYED: undefined, error, at: Date.now() }),
      );
      return { ended, printed };
    },
    stop: async () => {
      await server.stop();
      await rm(room, { recursive: true, force: true });
    },
  };
}

/** Waits for an effect of the test. */
export async function until(fits: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; !(await fits()); await wait(10)) {
    if (Date.now() > end) throw new Error('timed out');
  }
}
