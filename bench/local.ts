import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { findTool } from '../test/tools.js';
import {
  addsOnly,
  type Benchmark,
  type Comparison,
  each,
  interleave,
  linear,
  type Measurement,
  took,
} from './measure.js';
import { Peak } from './memory.js';

/** Milliseconds that an empty step may take longer than a shell that does nothing. */
const promised = 30;
/** The same for a TaskRun of a chain: it also makes its directories, and each change of its status is safe on the disk before the next task starts. */
const promisedInAChain = 40;
const steps = 100;
const chain = { short: 250, long: 1000 };
const sideBySide = 200;
/** How many work at a time, on both sides. */
const parallel = availableParallelism();

const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...env } = process.env;

/** `op local start` of steps that do nothing, compared with shells that do nothing, one process each. */
export const local: Benchmark = {
  name: 'local',
  title: 'Steps that do nothing, on this machine',
  missing: () => {
    const missing = ['bwrap', 'xargs'].filter((tool) => findTool(tool, process.env.PATH ?? '') === undefined);
    return missing.length === 0 ? undefined : `${missing.join(', ')} are missing`;
  },
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-local-'));
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      const start = (file: string, peak = new Peak()) =>
        took(async () => {
          const args = [op, 'local', 'start', file, `--parallel=${parallel}`, `--state=${join(folder, 'state')}`];
          await peak.while(execa(process.execPath, args, { cwd: folder, env, extendEnv: false, stdin: 'ignore' }));
          rmSync(join(folder, 'state'), { recursive: true });
        });
      writeFileSync(join(folder, 'one.yaml'), taskRun(1));
      writeFileSync(join(folder, 'many.yaml'), taskRun(steps + 1));
      for (const length of Object.values(chain)) writeFileSync(join(folder, `chain-${length}.yaml`), chained(length));
      writeFileSync(
        join(folder, 'side-by-side.yaml'),
        pipelineRun(sideBySide, () => ({})),
      );
      return [...(await stepByStep(start)), ...(await inPipelines(start))];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

type Start = (file: string, peak?: Peak) => Promise<number>;

async function stepByStep(start: Start): Promise<readonly Comparison[]> {
  const { ours, shell, sandbox } = await interleave(7, {
    ours: async () => (await start('many.yaml')) - (await start('one.yaml')),
    shell: () => run(steps, 1, ['sh', '-c', 'true']),
    sandbox: () => run(steps, 1, ['bwrap', ...view, 'true']),
  });
  const [step, alone, inView] = [
    { ...each(ours, steps), label: 'a step of op local' },
    { ...each(shell, steps), label: 'sh -c true' },
    { ...each(sandbox, steps), label: 'bwrap … true' },
  ];
  return [
    addsOnly('one more empty step in a Task', step, alone, promised),
    addsOnly('the same beside the smallest sandbox', step, inView, promised),
  ];
}

async function inPipelines(start: Start): Promise<readonly Comparison[]> {
  const [inChain, inParallel] = [new Peak(), new Peak()];
  const ones = await interleave(3, {
    long: () => start(`chain-${chain.long}.yaml`, inChain),
    short: () => start(`chain-${chain.short}.yaml`),
    peer: () => run(chain.long, 1, ['sh', '-c', 'true']),
  });
  const long = { ...each(ones.long, chain.long), label: `a task of a chain of ${chain.long}` };
  const short = { ...each(ones.short, chain.short), label: `a task of a chain of ${chain.short}` };
  const inTurn = { ...each(ones.peer, chain.long), label: 'xargs sh -c true' };
  const together = await interleave(5, {
    ours: () => start('side-by-side.yaml', inParallel),
    peer: () => run(sideBySide, parallel, ['sh', '-c', 'true']),
  });
  const both: readonly [Measurement, Measurement] = [
    { ...each(together.ours, sideBySide), label: `a task of ${sideBySide}, ${parallel} at a time` },
    { ...each(together.peer, sideBySide), label: `xargs -P ${parallel} sh -c true` },
  ];
  return [
    addsOnly(`a chain of ${chain.long} tasks with an empty step, each`, long, inTurn, promisedInAChain),
    linear('time per task in a long chain', long, short),
    inChain.compare(`peak memory of op itself in a chain of ${chain.long}`, [long, inTurn]),
    addsOnly(`${sideBySide} tasks with an empty step side by side, each`, ...both, promised),
    inParallel.compare(`peak memory of op itself with ${sideBySide} side by side`, both),
  ];
}

/** Runs a command many times, some at a time. */
const run = (times: number, atATime: number, command: readonly string[]) =>
  took(() =>
    execa('xargs', [`--max-procs=${atATime}`, '--replace', ...command], {
      env,
      extendEnv: false,
      input: Array.from({ length: times }, (_, index) => `${index}\n`).join(''),
    }),
  );

/** The namespaces that a step of op has, and the programs of this machine. */
const view = [
  ...['--die-with-parent', '--unshare-user', '--unshare-pid', '--unshare-ipc', '--ro-bind', '/usr', '/usr'],
  ...['/bin', '/lib', '/lib64'].flatMap((path) => ['--ro-bind-try', path, path]),
  ...['--proc', '/proc', '--dev', '/dev', '--'],
];

const emptyStep = { image: 'debian', command: ['true'] };

const object = (kind: string, spec: object) =>
  JSON.stringify({ apiVersion: 'tekton.dev/v1', kind, metadata: { name: 'run' }, spec });

const taskRun = (count: number) =>
  object('TaskRun', {
    taskSpec: { steps: Array.from({ length: count }, (_, index) => ({ name: `s${index}`, ...emptyStep })) },
  });

function pipelineRun(count: number, more: (index: number) => object): string {
  const taskSpec = { steps: [{ name: 's', ...emptyStep }] };
  const tasks = Array.from({ length: count }, (_, index) => ({ name: `t${index}`, taskSpec, ...more(index) }));
  return object('PipelineRun', { pipelineSpec: { tasks } });
}

const chained = (count: number) => pipelineRun(count, (index) => (index === 0 ? {} : { runAfter: [`t${index - 1}`] }));
