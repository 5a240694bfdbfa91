import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { enter, kubectl, kubectlJson, places } from '../command.js';
import { parseLog } from './container-log.js';
import type { Logs, Outcome, RunObject } from './outcome.js';
import type { PipelineCase } from './pipeline-case.js';

/** A pod, as far as it says where its logs are. */
interface Pod {
  readonly kind: 'Pod';
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
}

/** Runs all cases on the cluster, some at a time, and reads how each ended; those that have not ended in time are not in it. */
export async function runOnTekton(
  cases: readonly PipelineCase[],
  namespace: string,
  { atATime, timeout }: { readonly atATime: number; readonly timeout: number },
): Promise<ReadonlyMap<string, Outcome>> {
  const folder = await mkdtemp(join(tmpdir(), 'differential-'));
  try {
    const refused = await createOthers(cases, namespace, folder);
    const deadline = Date.now() + timeout;
    const waiting = cases.filter(({ name }) => !refused.has(name));
    const working = new Map<string, PipelineCase>();
    for (;;) {
      const next = waiting.splice(0, atATime - working.size);
      for (const one of next) working.set(one.name, one);
      for (const [name, why] of await create(next, namespace, folder)) {
        refused.set(name, why);
        working.delete(name);
      }
      if (working.size === 0 && waiting.length === 0) break;
      if (Date.now() > deadline) break;
      await delay(2000);
      await look(working, namespace);
    }
    const ended = [...(await outcomes(namespace))].filter(([name]) => !working.has(name));
    return new Map([...[...refused].map(([name, why]) => [name, { refused: why }] as const), ...ended]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What Tekton refused, by the name of the case. */
type Refused = Map<string, string>;

async function createOthers(cases: readonly PipelineCase[], namespace: string, folder: string): Promise<Refused> {
  const directory = join(folder, 'others');
  await mkdir(directory);
  for (const { name, others } of cases) {
    if (others.length > 0)
      await writeFile(join(directory, `${name}.json`), others.map((one) => JSON.stringify(one)).join('\n'));
  }
  return cases.some(({ others }) => others.length > 0) ? createFiles([directory], namespace) : new Map();
}

async function create(cases: readonly PipelineCase[], namespace: string, folder: string): Promise<Refused> {
  const files = cases.map(({ name }) => join(folder, `${name}.json`));
  await Promise.all(cases.map(({ run }, index) => writeFile(files[index] ?? '', JSON.stringify(run))));
  return files.length === 0 ? new Map() : createFiles(files, namespace);
}

async function createFiles(files: readonly string[], namespace: string): Promise<Refused> {
  const { stderr } = await enter(
    'kubectl',
    ['create', `--namespace=${namespace}`, ...files.map((file) => `--filename=${file}`)],
    {
      mayFail: true,
    },
  );
  // One line for each, which may be followed by more of its message.
  const errors = stderr.split(/^(?=Error from server|Error: |error: )/mu).filter((text) => text.trim() !== '');
  return new Map(
    errors.map((text) => {
      const [, file, why] =
        /error when (?:creating|retrieving current configuration of:.*?from server for:) "([^"]+)": (.*)/su.exec(
          text,
        ) ?? [];
      if (file === undefined || why === undefined) throw new Error(`kubectl create: ${text}`);
      return [basename(file, '.json'), why.trim()] as const;
    }),
  );
}

/** Forgets the runs that have ended, and ends those that shall be ended. */
async function look(working: Map<string, PipelineCase>, namespace: string): Promise<void> {
  const each =
    '{.metadata.name} {.metadata.labels.tekton\\.dev/pipelineRun} {.status.completionTime} {.status.steps[0].running.startedAt}';
  const lines = await kubectl([
    'get',
    'pipelineruns.tekton.dev,taskruns.tekton.dev',
    `--namespace=${namespace}`,
    `--output=jsonpath={range .items[*]}${each}{"\\n"}{end}`,
  ]);
  for (const line of lines.split('\n')) {
    const [name = '', parent = '', ended, running] = line.split(' ');
    if (ended) working.delete(name);
    const of = working.get(parent);
    if (!running || of?.end === undefined) continue;
    const status = JSON.stringify({ spec: { status: of.end } });
    await kubectl([
      'patch',
      `pipelinerun.tekton.dev/${parent}`,
      `--namespace=${namespace}`,
      '--type=merge',
      `--patch=${status}`,
    ]);
  }
}

async function outcomes(namespace: string): Promise<ReadonlyMap<string, Outcome>> {
  const kinds = 'pipelineruns.tekton.dev,taskruns.tekton.dev,pods';
  const { items } = await kubectlJson<{ items: readonly (RunObject | Pod)[] }>([
    'get',
    kinds,
    `--namespace=${namespace}`,
  ]);
  const runs = items.filter((item): item is RunObject => item.kind !== 'Pod');
  const pods = items.filter((item): item is Pod => item.kind === 'Pod');
  const logs = new Map(
    await Promise.all(runs.map(async (run) => [run.metadata.name, await logsOf(run, pods, namespace)] as const)),
  );
  const parentOf = ({ metadata }: RunObject) => metadata.labels?.['tekton.dev/pipelineRun'];
  const all = runs.filter((run) => run.kind === 'PipelineRun' || parentOf(run) === undefined);
  return new Map(
    all.map((run) => {
      const { name } = run.metadata;
      const taskRuns =
        run.kind === 'TaskRun' ? [run] : runs.filter((one) => one.kind === 'TaskRun' && parentOf(one) === name);
      const own = Object.fromEntries(
        taskRuns.flatMap(({ metadata }) => {
          const found = logs.get(metadata.name);
          return found === undefined ? [] : [[metadata.name, found]];
        }),
      );
      const outcome = { run, taskRuns, logs: own };
      // A local run is always in `default`.
      return [name, JSON.parse(JSON.stringify(outcome).replaceAll(namespace, 'default')) as Outcome] as const;
    }),
  );
}

/** What the steps printed in the pods of all attempts; undefined when Tekton has deleted one, as it does at a timeout. */
async function logsOf(
  { kind, status = {} }: RunObject,
  pods: readonly Pod[],
  namespace: string,
): Promise<Logs | undefined> {
  if (kind !== 'TaskRun') return undefined;
  const names = [...(status.retriesStatus ?? []), status].map(({ podName }) => podName);
  const found = names.map((name) =>
    pods.find(({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined),
  );
  const lines = new Map<string, string[]>();
  const { state } = await places();
  for (const pod of found) {
    if (pod === undefined) return undefined;
    const directory = join(state, 'pod-logs', `${namespace}_${pod.metadata.name}_${pod.metadata.uid}`);
    for (const container of await readdir(directory)) {
      const step = /^step-(.*)$/u.exec(container)?.[1];
      if (step === undefined) continue;
      const files = (await readdir(join(directory, container))).toSorted();
      const texts = await Promise.all(files.map((file) => readFile(join(directory, container, file), 'utf8')));
      lines.set(step, [...(lines.get(step) ?? []), ...parseLog(texts.join(''))]);
    }
  }
  return Object.fromEntries([...lines].filter(([, printed]) => printed.length > 0));
}
