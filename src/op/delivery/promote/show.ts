import { OpError } from '../../kit/errors/op-error.js';
import { countOf, table } from '../../kit/log/table.js';
import { formatReference } from '../../systems/registry/reference.js';
import { atTag, type NamedImage, type Promotion } from './plan.js';

/** An image with what is planned for it, or why nothing can be. */
export interface Planned {
  readonly image: NamedImage;
  readonly plan: PromiseSettledResult<Promotion>;
}

/** The plan as a table. */
export function planTable(plans: readonly Planned[]): string {
  const rows = plans.map(({ image, plan }) => {
    const digest = plan.status === 'fulfilled' ? plan.value.digest : image.from.digest;
    const { digest: _, ...from } = image.from;
    return [image.imageName, shorten(digest), formatReference(from), formatReference(atTag(image.to)), wordsFor(plan)];
  });
  return table([['IMAGE', 'DIGEST', 'SOURCE', 'DESTINATION', 'PLAN'], ...rows]);
}

const shorten = (digest: string | undefined) => digest?.slice(0, 19) ?? '-';

function wordsFor(plan: PromiseSettledResult<Promotion>): string {
  if (plan.status === 'rejected') {
    return plan.reason instanceof OpError && plan.reason.kind === 'refused' ? 'refused' : 'not possible';
  }
  const { plan: word, found, referrers } = plan.value;
  if (word === 'already there') return word;
  const along = referrers === undefined ? '' : `, ${countOf(referrers.length, 'referrer')}`;
  return word === 'copy' ? `copy${along}` : `overwrite ${shorten(found)}${along}`;
}
