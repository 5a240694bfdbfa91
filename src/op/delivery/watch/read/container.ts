import * as v from 'valibot';
import { parseReference, type Reference } from '../../../systems/registry/reference.js';

/** A container of a pod template. A sidecar is an init container that keeps running. */
export interface Container {
  readonly name: string;
  readonly kind: 'container' | 'init container' | 'sidecar';
  /** Undefined when the text is not a valid image reference. */
  readonly image: Reference | undefined;
  /** The image as it is written in the template. */
  readonly text: string;
  /** Milliseconds until its readiness probe gives up, by its own settings. */
  readonly readinessTime: number;
}

const seconds = v.optional(v.number());
const container = v.object({
  name: v.string(),
  image: v.optional(v.string(), ''),
  restartPolicy: v.optional(v.string()),
  readinessProbe: v.optional(
    v.object({ initialDelaySeconds: seconds, periodSeconds: seconds, failureThreshold: seconds }),
  ),
});

/** The containers of a pod's spec, without ephemeral ones: those are for debugging. */
export const podSpecShape = v.object({
  containers: v.optional(v.array(container), []),
  initContainers: v.optional(v.array(container), []),
});

/** All containers of a pod template, in the order in which they start. */
export function containersOf({ containers, initContainers }: v.InferOutput<typeof podSpecShape>): readonly Container[] {
  return [
    ...initContainers.map((one) => read(one, one.restartPolicy === 'Always' ? 'sidecar' : 'init container')),
    ...containers.map((one) => read(one, 'container')),
  ];
}

function read(
  { name, image, readinessProbe: probe }: v.InferOutput<typeof container>,
  kind: Container['kind'],
): Container {
  const reference = parseReference(image);
  const { initialDelaySeconds: delay = 0, periodSeconds: period = 10, failureThreshold: failures = 3 } = probe ?? {};
  return {
    name,
    kind,
    text: image,
    image: 'problem' in reference ? undefined : reference,
    readinessTime: probe === undefined ? 0 : (delay + period * failures) * 1000,
  };
}
