/** Starts TaskRuns and PipelineRuns and waits for their end. */
import { kubectl, kubectlJson, tkn } from './command.js';

/** A run in the cluster. */
export interface Run {
  readonly kind: 'TaskRun' | 'PipelineRun';
  readonly name: string;
  readonly namespace: string;
}

/** How a run ended. */
export interface Outcome {
  readonly succeeded: boolean;
  readonly reason: string;
  readonly message: string;
  readonly results: Readonly<Record<string, unknown>>;
  /** Seconds from creation to completion, in whole seconds as Kubernetes keeps time. */
  readonly seconds: number;
}

interface Status {
  readonly kind: Run['kind'];
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
    readonly completionTime?: string;
    readonly results?: readonly { readonly name: string; readonly value: unknown }[];
  };
}

/** The images of a build that pushed or found them, as `ref@digest`. */
export const imagesOf = ({ results: { IMAGES, REUSED_IMAGES } }: Pick<Outcome, 'results'>): string[] =>
  [IMAGES, REUSED_IMAGES].flatMap((images) => String(images ?? '').split(',')).filter((image) => image !== '');

/** Creates one run from YAML or JSON; `generateName` works. */
export async function createRun(namespace: string, manifest: string): Promise<Run> {
  const created = await kubectlJson<Status>(['create', `--namespace=${namespace}`, '--filename=-'], {
    input: manifest,
  });
  return { kind: created.kind, name: created.metadata.name, namespace };
}

/**
 * Waits until a run has succeeded or failed.
 * @param timeout milliseconds; 480,000 by default: a machine may be busy
 * @throws Error when it has not ended in that time
 */
export async function waitForRun({ kind, name, namespace }: Run, timeout = 480_000): Promise<Outcome> {
  const where = [`${kind.toLowerCase()}.tekton.dev/${name}`, `--namespace=${namespace}`];
  await kubectl(
    ['wait', ...where, '--for=jsonpath={.status.completionTime}', `--timeout=${Math.ceil(timeout / 1000)}s`],
    {
      timeout: timeout + 5_000,
    },
  );
  const { metadata, status } = await kubectlJson<Status>(['get', ...where]);
  const condition = status?.conditions?.[0];
  return {
    succeeded: condition?.status === 'True',
    reason: condition?.reason ?? '',
    message: condition?.message ?? '',
    results: Object.fromEntries((status?.results ?? []).map((result) => [result.name, result.value])),
    seconds: (Date.parse(status?.completionTime ?? '') - Date.parse(metadata.creationTimestamp)) / 1000,
  };
}

/** What `tkn` prints of a run. tkn 0.46 sometimes panics when a step has failed: it is asked again. */
export async function logs({ kind, name, namespace }: Run): Promise<string> {
  const args = [kind.toLowerCase(), 'logs', name, `--namespace=${namespace}`];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tkn(args);
    } catch (error) {
      const panicked = error instanceof Error && error.message.includes('panic: send on closed channel');
      if (!panicked || attempt === 3) throw error;
    }
  }
}

/** Cancels a run, as `tkn pr cancel` does. */
export async function cancel({ kind, name, namespace }: Run): Promise<void> {
  await tkn([kind.toLowerCase(), 'cancel', name, `--namespace=${namespace}`]);
}
