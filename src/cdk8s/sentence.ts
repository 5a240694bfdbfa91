import type { Problem } from '../tekton/index.js';

/** A problem of the typed core as one line, which is what cdk8s collects. */
export function sentence({ path, message, hint }: Problem): string {
  return `${path}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
