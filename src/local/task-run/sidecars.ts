import { setTimeout as delay } from 'node:timers/promises';
import type { StepState } from '../contract.js';
import { type Container, invocation } from './containers.js';
import { timestamp } from './go-time.js';
import { missingProgram } from './missing-program.js';
import { makeRoot } from './own-image.js';
import { probeOnce } from './probe.js';
import type { StepRun } from './run-step.js';
import { type RunningProcess, startProcess } from './start-process.js';
import type { Sidecar } from './task-spec.js';

/** The sidecars of one TaskRun, started. */
export interface Sidecars extends AsyncDisposable {
  /** Waits until each is ready or has ended. */
  readonly ready: () => Promise<void>;
  /** Stops those that still run. @returns the states of all */
  readonly stop: () => Promise<readonly SidecarEnd[]>;
}

export interface SidecarEnd {
  readonly state: StepState;
  /** Whether it ended by itself, and not well. */
  readonly failed: boolean;
}

interface Started {
  readonly container: Container<Sidecar>;
  readonly process: RunningProcess;
  readonly startedAt: string;
  exitCode: number | undefined;
  finishedAt: string | undefined;
}

/** A sidecar without a probe is ready when it runs. In a pod it has had about this long when the first step starts. */
const settling = 500;

export async function startSidecars(run: StepRun, containers: readonly Container<Sidecar>[]): Promise<Sidecars> {
  const started = await Promise.all(containers.map((container) => start(run, container)));
  const over = new AbortController();
  const stop = async () => {
    over.abort();
    const own = new Set(started.filter(({ exitCode }) => exitCode !== undefined));
    for (const { process } of started) process.stop();
    await Promise.all(started.map(({ process }) => process.ended));
    return started.map((sidecar) => endOf(run, sidecar, own.has(sidecar)));
  };
  return {
    ready: async () => void (await Promise.all(started.map((sidecar) => untilReady(run, sidecar, over.signal)))),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

async function start(run: StepRun, container: Container<Sidecar>): Promise<Started> {
  const { context, request, isolation, mask } = run;
  const { label: step, command, env, own } = container;
  const say = (text: string) => run.line({ task: request.pipelineTask ?? request.name, step, text });
  const startedAt = timestamp(context.now());
  if (own !== undefined) await makeRoot(context, own);
  const missing = await missingProgram(container, command);
  if (missing !== undefined) say(missing);
  const process: RunningProcess =
    missing === undefined
      ? startProcess({
          ...(await invocation(container, command, isolation)),
          env,
          sandboxed: isolation === 'namespaces',
          mask,
          // Its work is done. A program that is the first process, such as node, often takes no notice of SIGTERM.
          patience: 1000,
          onLine: say,
        })
      : { ended: Promise.resolve({ exitCode: 1 }), stop: () => undefined };
  const sidecar: Started = { container, process, startedAt, exitCode: undefined, finishedAt: undefined };
  void process.ended.then(({ exitCode }) => {
    sidecar.exitCode = exitCode;
    sidecar.finishedAt = timestamp(context.now());
  });
  return sidecar;
}

async function untilReady({ context, isolation }: StepRun, sidecar: Started, over: AbortSignal): Promise<void> {
  const { startupProbe, readinessProbe } = sidecar.container.definition;
  const signal = AbortSignal.any([context.signal, over]);
  const wait = (milliseconds: number) =>
    Promise.race([sidecar.process.ended, delay(milliseconds, undefined, { signal }).catch(() => undefined)]);
  const probes = [startupProbe, readinessProbe].filter((probe) => probe !== undefined);
  if (probes.length === 0) await wait(settling);
  for (const probe of probes) {
    await wait((probe.initialDelaySeconds ?? 0) * 1000);
    const period = Math.min(probe.periodSeconds ?? 10, 1) * 1000;
    for (
      let passed = 0;
      passed < (probe.successThreshold ?? 1) && !signal.aborted && sidecar.exitCode === undefined;
    ) {
      passed = (await probeOnce(sidecar.container, probe, isolation)) ? passed + 1 : 0;
      if (passed < (probe.successThreshold ?? 1)) await wait(period);
    }
  }
}

/** Source: updateStoppedSidecarStatus, pkg/reconciler/taskrun/taskrun.go. */
function endOf({ context }: StepRun, sidecar: Started, byItself: boolean): SidecarEnd {
  const { container, startedAt, exitCode = 0, finishedAt = timestamp(context.now()) } = sidecar;
  const failed = byItself && exitCode !== 0;
  const state = {
    name: container.label,
    container: container.name,
    imageID: container.image,
    terminated: {
      exitCode,
      reason: failed ? 'Error' : 'Completed',
      startedAt,
      finishedAt,
      ...(!byItself && { message: 'Sidecar container successfully stopped by nop image' }),
    },
  };
  return { state, failed };
}
