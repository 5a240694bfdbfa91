/** The types of signatures. Source: cosign, "Signature Specification" and "Bundle format"; Notary Project, "Signature Specification". */
const types = /^application\/vnd\.(?:dev\.cosign\.artifact\.sig\.|cncf\.notary\.signature\b|dev\.sigstore\.bundle\.)/u;

/** Whether something that refers to an image is a signature. */
export const isSignature = (artifactType: string | undefined): boolean => types.test(artifactType ?? '');

/** Whether a tag that is named for the digest of an image is that of a signature. */
export const isSignatureTag = (tag: string): boolean => tag.endsWith('.sig');
