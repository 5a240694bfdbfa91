import { usageError } from '../../kit/errors/op-error.js';
import { parseReference } from '../../systems/registry/reference.js';

/**
 * A statement about an image that is pushed with it: what is in it (`sbom`, found by BuildKit's usual scanner or by the image
 * `sbom=IMAGE`), or how it was built (`provenance`, without the values of build arguments).
 */
export type Attestation = 'sbom' | 'provenance' | `sbom=${string}`;

/** Reads the values of `--attest`. @throws OpError (usage) */
export function parseAttestations(values: readonly string[]): readonly Attestation[] {
  return [...new Set(values)].map((value): Attestation => {
    if (value === 'sbom' || value === 'provenance') return value;
    const generator = value.startsWith('sbom=') ? parseReference(value.slice('sbom='.length)) : undefined;
    if (generator !== undefined && !('problem' in generator)) return `sbom=${value.slice('sbom='.length)}`;
    throw usageError({
      what: `--attest=${value} is not an attestation`,
      why: generator === undefined ? 'op knows sbom and provenance' : generator.problem,
      hint: 'use sbom, sbom=IMAGE with the image of a scanner, or provenance',
    });
  });
}
