import { directoryWithin } from '../buildpacks/within-root.js';
import type { Artifact } from '../skaffold/artifact.js';

/** @throws OpError (input) when a context is no directory, or is outside the repository: by itself or through a symbolic link */
export async function checkContexts(file: string, artifacts: readonly Artifact[], root: string): Promise<void> {
  const hint = `correct build.artifacts[].context of ${file}`;
  for (const { image, context } of artifacts) {
    await directoryWithin({ path: context, what: `the context of ${image}`, root }, hint);
  }
}
