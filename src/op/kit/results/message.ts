import { basename } from 'node:path';

/**
 * Tekton hands on results in the termination message of a container. The kubelet keeps 12,288 bytes for all containers of a pod, the same
 * number for each, and cuts off the rest: then all results of the TaskRun are lost. A container can write 4096 at most.
 * Source: Kubernetes, normalizeStatus (pkg/kubelet/status/status_manager.go); Tekton, pkg/termination/write.go.
 */
const bytesOfPod = 12 * 1024;
const bytesOfContainer = 4096;

/**
 * The containers of the Tasks that build several images: three steps, the sidecar with the builder, and two that Tekton runs first
 * (prepare, working-dir-initializer). The catalog's tests count them.
 */
export const containersOfPod = 6;

/** Bytes that the results of one step may have. */
export const messageLimit = Math.min(bytesOfContainer, Math.floor(bytesOfPod / containersOfPod));

type Outputs = Readonly<Record<string, string>>;

/** What Tekton adds: when the step started. */
const started = { key: 'StartedAt', value: '2026-01-02T03:04:05.678+00:00', type: 3 };
const typeOfStepResult = 4;

/** The bytes of results as Tekton's entrypoint writes them: Go's JSON, which has longer escapes for some characters. */
export const messageBytes = (outputs: Outputs): number =>
  Buffer.byteLength(
    JSON.stringify([
      started,
      ...Object.entries(outputs).map(([key, value]) => ({ key, value, type: typeOfStepResult })),
    ]).replace(/[<>&\u2028\u2029]/gu, String.raw`\u0000`),
  );

/** The first outputs that fit into a termination message, else the last. */
export function firstThatFits<O extends Outputs>(first: O, ...others: readonly O[]): O {
  const all = [first, ...others];
  return all.find((outputs) => messageBytes(outputs) <= messageLimit) ?? all.at(-1) ?? first;
}

/**
 * Outputs of which the longest are empty, until Tekton's entrypoint takes them: it fails a step with more, and what the step has done would
 * look undone.
 * @returns the names of those that are empty now
 */
export function emptiedToFit(
  paths: Outputs,
  outputs: Outputs,
): { readonly outputs: Outputs; readonly emptied: readonly string[] } {
  const lengthOf = (name: string) => outputs[name]?.length ?? 0;
  const names = Object.keys(paths).toSorted((one, other) => lengthOf(other) - lengthOf(one));
  for (let count = 0; ; count++) {
    const emptied = names.slice(0, count);
    const given = { ...outputs, ...Object.fromEntries(emptied.map((name) => [name, ''])) };
    const handedOn = outputsForTekton(paths, given);
    if (handedOn === undefined || messageBytes(handedOn) <= bytesOfContainer || count === names.length) {
      return { outputs: given, emptied };
    }
  }
}

/** The outputs that are asked for, by the names under which Tekton reads them; undefined unless it does. */
export function outputsForTekton(paths: Outputs, outputs: Outputs): Outputs | undefined {
  const asked = Object.entries(paths);
  if (!asked.some(([, path]) => /(?:^|\/)tekton\//u.test(path))) return undefined;
  return Object.fromEntries(asked.map(([name, path]) => [basename(path), outputs[name] ?? '']));
}
