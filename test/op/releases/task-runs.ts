import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { KubernetesApi } from '../kubernetes-api.js';
import { bundledOp } from '../run-op.js';

/** A TaskRun of an item, as far as tests look at it. */
export interface ItemTaskRun {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly taskRef?: { readonly name: string };
    readonly taskSpec?: object;
    readonly serviceAccountName: string;
    readonly timeout: string;
    readonly params: readonly { readonly name: string; readonly value: unknown }[];
    readonly workspaces: readonly object[];
  };
  readonly status?: object;
}

/** What a pod of the Task `release-item` says. */
export interface Said {
  readonly commit?: string;
  readonly answer?: string;
  readonly exitCode: number;
}

/** The part of Tekton and of the kubelet, for TaskRuns in a namespace of an API server that has neither. */
export interface TaskRunPlay {
  readonly all: () => Promise<readonly ItemTaskRun[]>;
  /** Those without an end. */
  readonly open: () => Promise<readonly ItemTaskRun[]>;
  /** Does what a TaskRun says: clones the repository, and runs op in the clone, which has no modules. */
  readonly run: (one: ItemTaskRun) => Promise<Said>;
  /** Runs and ends all of a repository that have no end and clone. */
  readonly runAll: (of: string) => Promise<void>;
  /** Writes an end as Tekton does. */
  readonly end: (one: ItemTaskRun, said: Said) => Promise<void>;
  /** What else is on disk: the home of the pods. */
  readonly home: string;
  readonly dispose: () => Promise<void>;
}

const paramOf = ({ spec }: ItemTaskRun, name: string) => String(spec.params.find((one) => one.name === name)?.value);

/** What a TaskRun is for, without what tells it from those of other releases. */
export const nameOfWork = ({ metadata }: ItemTaskRun): string =>
  (metadata.annotations['octopipeline/release-item-of'] ?? '').split(' ').slice(0, 3).join(' ');

/** @param repository a directory that is cloned, whatever the URL */
export async function playTaskRuns(server: KubernetesApi, namespace: string, repository: string): Promise<TaskRunPlay> {
  const op = await bundledOp(['git']);
  const room = await mkdtemp(join(tmpdir(), 'task-runs-'));
  const at = `--namespace=${namespace}`;
  const all = async (): Promise<readonly ItemTaskRun[]> =>
    JSON.parse(await server.kubectl(['get', 'taskruns', at, '--output=json'])).items;
  const open = async () => (await all()).filter(({ status }) => status === undefined);
  const run: TaskRunPlay['run'] = async (one) => {
    const pod = await mkdtemp(join(room, 'pod-'));
    const checkout = join(pod, 'source');
    const git = (...args: readonly string[]) => execa('git', args, { cwd: pod, env: { HOME: room } });
    await git('clone', '--quiet', repository, checkout);
    await git('-C', checkout, 'checkout', '--quiet', paramOf(one, 'revision'));
    const { stdout: commit } = await git('-C', checkout, 'rev-parse', 'HEAD');
    await mkdir(join(pod, 'results'));
    const answer = join(pod, 'results', 'ANSWER');
    const request = `--request=${paramOf(one, 'request')}`;
    const ran = await op.run(pod, ['release-item', `--directory=${checkout}`, request, `--result=ANSWER=${answer}`]);
    const text = await readFile(answer, 'utf8').catch(() => undefined);
    return { commit, exitCode: ran.exitCode ?? 137, ...(text === undefined ? {} : { answer: text }) };
  };
  const end: TaskRunPlay['end'] = async ({ metadata }, { commit, answer, exitCode }) => {
    const result = (name: string, value: string | undefined) => (value === undefined ? [] : [{ name, value }]);
    const ok = exitCode === 0;
    const status = {
      conditions: [
        {
          type: 'Succeeded',
          status: ok ? 'True' : 'False',
          reason: ok ? 'Succeeded' : 'Failed',
          message: `"step-run" exited with code ${exitCode}`,
        },
      ],
      podName: `${metadata.name}-pod`,
      steps: [
        { name: 'clone', terminated: { exitCode: 0 }, results: result('commit', commit) },
        { name: 'run', terminated: { exitCode }, results: result('ANSWER', answer) },
      ],
    };
    await server.kubectl([
      'patch',
      'taskrun',
      metadata.name,
      at,
      '--type=merge',
      `--patch=${JSON.stringify({ status })}`,
    ]);
  };
  return {
    all,
    open,
    run,
    end,
    home: op.home,
    runAll: async (of) => {
      for (const one of await open()) {
        if (one.spec.taskRef !== undefined && nameOfWork(one).includes(of)) await end(one, await run(one));
      }
    },
    dispose: async () => {
      await op.dispose();
      await rm(room, { recursive: true, force: true });
    },
  };
}
