/** A Kubernetes object as it would be applied. */
export interface Wire {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/**
 * How the typed core handles a mistake that Tekton refuses.
 * - `synth`: it can be written; rendering or the definition throws a message that contains `says`.
 * - `types`: it cannot be written; the function is never run, `tsc` proves the `@ts-expect-error` inside it.
 * - `absent`: the core has no such field; the reason.
 */
export type Twin =
  | { readonly synth: () => unknown; readonly says: string }
  | { readonly types: () => unknown }
  | { readonly absent: string };

/** One row of the parity table. */
export interface Mistake {
  /** What the author got wrong, as a noun phrase. */
  readonly name: string;
  readonly object: Wire;
  /** A part of Tekton's message. */
  readonly tekton: string;
  readonly core: Twin;
}

/** One row: what is wrong, the object as applied, Tekton's answer, and the core's. */
export const mistake = (name: string, object: Wire, tekton: string, core: Twin): Mistake => ({
  name,
  object,
  tekton,
  core,
});

export const refused = (synth: () => unknown, says: string): Twin => ({ synth, says });
export const untypable = (types: () => unknown): Twin => ({ types });
export const absent = (why: string): Twin => ({ absent: why });

const object =
  (apiVersion: string, kind: string) =>
  (spec: object, name = 'sample'): Wire => ({
    apiVersion,
    kind,
    metadata: { name },
    spec,
  });

export const taskObject = object('tekton.dev/v1', 'Task');
export const pipelineObject = object('tekton.dev/v1', 'Pipeline');
export const taskRunObject = object('tekton.dev/v1', 'TaskRun');
export const pipelineRunObject = object('tekton.dev/v1', 'PipelineRun');
export const stepActionObject = object('tekton.dev/v1beta1', 'StepAction');

/** The smallest step that Tekton accepts. */
export const step = { name: 'run', image: 'registry.example/op:1', command: ['op'] } as const;
