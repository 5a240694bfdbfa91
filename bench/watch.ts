import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { kubernetesPath, missingTools, startKubernetesApi } from '../test/op/kubernetes-api.js';
import { playDeployment, stageIn } from '../test/op/rollout.js';
import { type Benchmark, interleave, type Measurement, within } from './measure.js';
import { Peak } from './memory.js';

/** Pods of the component; each as large as a usual pod. */
const pods = 500;
/** Milliseconds from the last event of the rollout to the exit of op. */
const promised = 1000;

/** How many of them change while op watches. */
const busy = 200;

const digest = `sha256:${'a'.repeat(64)}`;
const image = `registry.example.com/dev/web:v1@${digest}`;
const done = { replicas: pods, updatedReplicas: pods, readyReplicas: pods, availableReplicas: pods };
/** A rollout that only waits for its last pod to be available. */
const almost = { ...done, readyReplicas: pods - 1, availableReplicas: pods - 1 };
const name = (index: number) => `web-one-${index}`;

/** `op watch-deployment` compared with `kubectl rollout status`, which checks neither pods nor digests. */
export const watch: Benchmark = {
  name: 'watch',
  title: `From the last event of a rollout to the exit, ${pods} pods, of which ${busy} change meanwhile`,
  missing: () => (missingTools.length === 0 ? undefined : `${missingTools.join(', ')} are missing`),
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-watch-'));
    const server = await startKubernetesApi();
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      await server.kubectl(['create', 'namespace', 'shop']);
      const play = playDeployment(stageIn(server.port, 'shop'));
      await fill(play);
      writeFileSync(join(folder, 'build_result.json'), JSON.stringify({ builds: [{ imageName: 'web', tag: image }] }));
      const env = { PATH: [process.env.PATH, kubernetesPath].join(delimiter), HOME: folder, TMPDIR: folder };
      const cluster = [`--kubeconfig=${server.kubeconfig('admin')}`, '--namespace=shop'];
      const peak = new Peak();
      /** Starts a program, sends the last event when the program waits for it, and measures the time until it ends. */
      const after = async (program: string, args: readonly string[], sign: string) => {
        await play.status(almost);
        const child = execa(program, [...args, ...cluster], { cwd: folder, env, extendEnv: false, all: true });
        const waits = new Promise<void>((done) => {
          child.all?.on('data', (chunk: Buffer) => String(chunk).includes(sign) && done());
        });
        await Promise.race([waits, child]);
        for (let index = 0; index < busy; index += 1) await play.running(name(index), digest);
        await wait(300);
        await play.status(done);
        const last = performance.now();
        await (program === process.execPath ? peak.while(child, 5) : child);
        return performance.now() - last;
      };
      const flags = ['--environment=dev', '--component=web', '--repository=registry.example.com/dev'];
      const { ours, peer } = await interleave(10, {
        ours: () =>
          after(process.execPath, [op, 'watch-deployment', ...flags], `${pods - 1} of ${pods} pods are available`),
        peer: () => after('kubectl', ['rollout', 'status', 'deployment/web'], 'Waiting for'),
      });
      const measured: readonly [Measurement, Measurement] = [
        { ...ours, label: 'op watch-deployment' },
        { ...peer, label: 'kubectl rollout status' },
      ];
      return [
        within('from the last event to the exit', ...measured, promised),
        peak.compare('peak memory of op itself', measured),
      ];
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

/** A Deployment whose pods are all running. */
async function fill(play: ReturnType<typeof playDeployment>): Promise<void> {
  await play.create(image, {}, pods);
  const set = await play.replicaSet('one');
  const env = Array.from({ length: 60 }, (_, index) => ({ name: `SETTING_${index}`, value: 'x'.repeat(60) }));
  for (let index = 0; index < pods; index += 1) {
    await play.running(await play.pod(set, String(index), image, { env }), digest);
  }
}
