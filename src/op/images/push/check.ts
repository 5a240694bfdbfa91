import { toolError } from '../../kit/errors/op-error.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { checkBuildKit } from '../buildkit/buildkit.js';
import type { Prepared } from '../plan/prepare.js';

/** Before anything is built: a builder that cannot be reached is said once, and not by every image. @throws OpError (tool) */
export async function checkBuilder({ context, around }: Prepared): Promise<void> {
  if (around.buildkit !== undefined) await checkBuildKit(context, around.buildkit);
}

/** Every image that was to be built is there, with the digest that the registry gave it. @throws OpError (tool) */
export function checkComplete(wanted: readonly BuiltImage[], built: readonly BuiltImage[]): void {
  const missing = wanted.filter(
    ({ imageName }) => !built.some((image) => image.imageName === imageName && image.reference.digest !== undefined),
  );
  if (missing.length === 0) return;
  throw toolError({
    what: `${missing.map(({ imageName }) => imageName).join(', ')} was not pushed`,
    why: 'Skaffold ended well and gave no digest for it',
    hint: 'check that its builder pushes $IMAGE when $PUSH_IMAGE is true',
  });
}
