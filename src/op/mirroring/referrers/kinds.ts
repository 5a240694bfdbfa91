import type { ReferrerChoice } from '../mirror-file/read.js';
import { cosignKinds } from '../mirror-file/referrer-choice.js';

/** The tags of cosign that are looked for. */
export const cosignKindsOf = ({ copy }: ReferrerChoice): readonly string[] =>
  cosignKinds.filter((kind) => copy === 'all' || copy.includes(kind));

/** Whether manifests of this kind are copied. */
export const isWanted = ({ copy }: ReferrerChoice, kind: string): boolean => copy === 'all' || copy.includes(kind);

/** Whether it is a tag of cosign's, and not a manifest with a subject. */
export const isCosignTag = (kind: string): boolean => cosignKinds.some((one) => one === kind);

/** Whether no manifests with a subject are copied, so that no list of them is needed. */
export const isOnlyTags = ({ copy }: ReferrerChoice): boolean => copy !== 'all' && copy.every(isCosignTag);
