import * as v from 'valibot';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { failureOf, run } from '../../kit/process/run.js';
import { type BuildKit, connectionFlags } from './connection.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { explainConnection, isConnectionFailure } from './explain-connection.js';

/** The label of BuildKit's worker that says which builds it is for, as the files of `dist/optional/` set it. */
const label = 'octopipeline.dev/cache-trust';

const workers = v.array(v.looseObject({ labels: v.optional(v.record(v.string(), v.string()), {}) }));

/**
 * Refuses a build on a server that is for builds of the other trust level: what an image says of its layers, BuildKit believes, and uses it for
 * all later builds. A server is for trusted builds when all its workers have the label `trusted`; any other is for untrusted ones. One that
 * does not say which it is gets no build: its answer may only have been lost.
 * @throws OpError (refused), (tool) when the server does not say for which builds it is
 */
export async function refuseOtherLevel(
  context: Context,
  buildkit: BuildKit,
  { image, scope: { trust } }: Pick<DockerfileBuild, 'image' | 'scope'>,
): Promise<void> {
  const args = [...(await connectionFlags(buildkit)), 'debug', 'workers', '--format={{json .}}'];
  const command = { program: 'buildctl', args };
  const ended = await run(context, command);
  if (ended.ended === 'failed' && isConnectionFailure(ended.stderr)) throw explainConnection(buildkit, ended.stderr);
  const found = ended.ended === 'ok' ? parseJson(workers, ended.stdout) : undefined;
  if (found === undefined) {
    const what = `BuildKit at ${buildkit.address} does not say for which builds it is`;
    throw failureOf(command, ended, {
      what,
      hint: 'run op doctor to check that this version of buildctl is supported',
    });
  }
  const levels = found.map(({ labels }) => labels[label]);
  const isForTrusted = levels.length > 0 && levels.every((level) => level === 'trusted');
  if (isForTrusted === (trust === 'trusted')) return;
  throw refusedError({
    what: `cannot build ${image} on ${buildkit.address}`,
    why: isForTrusted
      ? `this BuildKit is for trusted builds (label ${label}), and the build is untrusted`
      : `the build is trusted, and this BuildKit is not for trusted builds alone (no label ${label}: trusted): an untrusted build could have changed its cache`,
    hint: 'name the BuildKit for such builds with --buildkit-host (param buildkit-host), or correct --cache-trust (param cache-trust)',
  });
}
