import { rm } from 'node:fs/promises';
import { inputError } from '../../kit/errors/op-error.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Judgement } from './judge/judge-snapshot.js';
import type { ExpectedImage } from './judge/match-image.js';

/** What was proven, and where. */
export interface Proof {
  readonly environment: string;
  readonly component: string;
  readonly images: readonly ExpectedImage[];
  readonly judgement: Judgement;
  readonly at: Date;
}

/** Removes the proof of an earlier watch: a failed watch must leave nothing that looks like a proof. @throws OpError (input) */
export async function clearDeploymentResult(path: string): Promise<void> {
  await rm(path, { force: true }).catch((cause: NodeJS.ErrnoException) => {
    throw unwritable(path, cause);
  });
}

/** Writes the proof as JSON, atomically. @throws OpError (input) */
export async function writeDeploymentResult(path: string, proof: Proof): Promise<void> {
  const { environment, component, images, judgement, at } = proof;
  const record = {
    environment,
    component,
    provenAt: at.toISOString(),
    images: images.map(({ imageName, image }) => ({ imageName, image: formatReference(image), digest: image.digest })),
    workloads: judgement.workloads.map(({ workload, images: used, compared }) => ({
      kind: workload.kind,
      namespace: workload.namespace,
      name: workload.name,
      images: [...new Set(used.map(({ imageName }) => imageName))],
      pods: compared,
    })),
    notes: judgement.notes,
  };
  await writeAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`).catch((cause: NodeJS.ErrnoException) => {
    throw unwritable(path, cause);
  });
}

const unwritable = (path: string, cause: NodeJS.ErrnoException) =>
  inputError({
    what: `cannot write ${path}`,
    why: cause.message,
    hint: 'give a writable file with --deployment-result, or leave the flag out',
    cause,
  });
