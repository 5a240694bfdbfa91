import { usageError } from '../../kit/errors/op-error.js';
import { parseReference } from '../../systems/registry/reference.js';

/**
 * Reads the values of `--build-arg`: `NAME=VALUE`, taken literally, or `NAME`, whose value comes from op's own environment (null here).
 * @throws OpError (usage) for an invalid name
 */
export function parseBuildArgs(values: readonly string[]): Readonly<Record<string, string | null>> {
  const entries = values.map((value) => {
    const split = value.indexOf('=');
    const name = split < 0 ? value : value.slice(0, split);
    // A name with line breaks or spaces is probably a whole list in one value.
    if (/^[^\s=]+$/u.test(name)) return [name, split < 0 ? null : value.slice(split + 1)] as const;
    throw usageError({
      what: `--build-arg=${value} is not NAME=VALUE`,
      why: name === '' ? 'it has no name' : `the name "${name}" has spaces`,
      hint: 'use one --build-arg for each build argument',
    });
  });
  return Object.fromEntries(entries);
}

/**
 * A statement about an image, pushed with it: what it contains (`sbom`, made by BuildKit's default scanner or by the image in
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
      why: generator === undefined ? 'op supports sbom and provenance' : generator.problem,
      hint: 'use sbom, sbom=IMAGE with the image of a scanner, or provenance',
    });
  });
}
