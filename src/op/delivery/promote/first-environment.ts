import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Promoted } from './carry-out.js';
import { type Job, outputs, type PromoteOutputs, sayNext, sidesOf } from './job.js';
import { writeResult } from './result.js';

/** The first environment: what was built is where it belongs, or somebody else sees to it. */
export async function nothingToPromote(
  context: Context,
  job: Job,
  images: readonly BuiltImage[],
): Promise<PromoteOutputs> {
  const { destination } = sidesOf(job);
  const elsewhere = images.filter(
    ({ reference }) =>
      destination.repository !== null && !formatReference(reference).startsWith(`${destination.repository}/`),
  );
  for (const { imageName, reference } of elsewhere) {
    context.log.warn(`image "${imageName}" is ${formatReference(reference)}, not below ${destination.repository}`);
  }
  context.log.step(`${destination.environment} is the first environment: nothing to promote`);
  if (job.request.dryRun) return { PROMOTED: '' };
  const promoted = images.map(
    ({ imageName, reference }): Promoted => ({
      imageName,
      from: reference,
      to: reference,
      digest: reference.digest ?? '',
      plan: 'already there',
      found: reference.digest,
      referrers: undefined,
      outcome: 'already-there',
    }),
  );
  const built = await writeResult(job.files, { source: null, destination }, promoted);
  sayNext(context, job);
  return outputs(built);
}
