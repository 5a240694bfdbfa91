import type { Context } from '../../context.js';
import { checkBuildKit, findBuildKit } from '../../images/buildkit/buildkit.js';
import { OpError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Finding } from './finding.js';

/** Whether there is a BuildKit for Dockerfiles, and whether it answers. */
export async function lookForBuildKit(
  context: Context,
  tls: string | undefined,
  host: string | undefined,
): Promise<Finding> {
  const about = { area: 'builders', name: 'buildkit' } as const;
  try {
    const buildkit = await findBuildKit(context, { host, tls });
    if (buildkit === undefined) {
      return {
        ...about,
        state: 'note',
        detail: 'none; Dockerfiles need one, or a Docker daemon',
        hint: 'set BUILDKIT_HOST',
      };
    }
    await checkBuildKit(context, buildkit);
    return { ...about, state: 'ok', detail: `${oneLine(buildkit.address)} answers (${buildkit.origin})` };
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return { ...about, state: 'missing', detail: oneLine(`${error.message}: ${error.why}`, 300), hint: error.hint };
  }
}
