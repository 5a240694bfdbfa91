import * as v from 'valibot';
import { described, nonEmptyList } from './fields.js';

/** Kinds that are tags beside an image, `sha256-DIGEST.sig`, as cosign writes them, and not manifests with a subject. */
export const cosignKinds = ['.sig', '.att', '.sbom'] as const;

const kind = v.pipe(
  v.string('must be a string'),
  v.regex(
    /^(?:\.(?:sig|att|sbom)|[!-~]+\/[!-~]+)$/u,
    'must be an artifact type such as application/vnd.cncf.notary.signature, or .sig, .att or .sbom',
  ),
);

/** What is copied of all that refers to an image. */
export const referrerChoice = v.pipe(
  v.strictObject(
    {
      copy: described(
        v.union(
          [v.literal('all'), v.literal('none'), nonEmptyList(kind)],
          'must be all, none, or a list of artifact types, .sig, .att and .sbom',
        ),
        'all; none; or artifact types, and .sig, .att and .sbom for the tags that cosign writes.',
      ),
      required: v.optional(
        described(nonEmptyList(kind), 'An image to which nothing of one of these kinds refers is not copied.'),
      ),
    },
    'must be an object with copy',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { copy, required = [] } = dataset.value;
    const lacking = copy === 'all' ? [] : required.filter((one) => copy === 'none' || !copy.includes(one));
    if (lacking.length === 0) return;
    const path = { type: 'object', origin: 'value', input: dataset.value, key: 'required', value: required } as const;
    addIssue({ message: `names what is not copied: ${lacking.join(', ')}`, path: [path] });
  }),
);
