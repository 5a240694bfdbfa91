import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { imageReference } from '../test/cluster/registry.js';
import { createNamespace, noCluster, succeed } from './cluster.js';
import { type Benchmark, fasterBy, interleave, took } from './measure.js';

const namespace = 'octopipeline-bench-task-run';

/** The same TaskRun on this machine and on the test cluster, from its creation to its success. */
export const taskRun: Benchmark = {
  name: 'task-run',
  title: 'A TaskRun with one step that does nothing',
  missing: noCluster,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-task-run-'));
    await using _namespace = await createNamespace(namespace);
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      const run = await emptyRun();
      const file = join(folder, 'run.yaml');
      writeFileSync(file, JSON.stringify(run));
      const args = [op, 'local', 'start', file, `--state=${join(folder, 'state')}`];
      const { ours, peer } = await interleave(5, {
        ours: () => took(() => execa(process.execPath, args, { stdin: 'ignore' })),
        peer: () => succeed(namespace, run),
      });
      return [
        fasterBy(
          'from creation to success',
          { ...ours, label: 'op local start' },
          { ...peer, label: 'Tekton on the test cluster' },
          5,
        ),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function emptyRun(): Promise<object> {
  const step = { name: 'nothing', image: await imageReference(), command: ['true'] };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'empty-' },
    spec: { taskSpec: { steps: [step] } },
  };
}
