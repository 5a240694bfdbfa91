import { existsSync } from 'node:fs';
import type { Context } from '../../context.js';
import { checkBuildKit, findBuildKit } from '../../images/buildkit/find-buildkit.js';
import { OpError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { run } from '../../kit/process/run.js';
import type { Finding } from './finding.js';

/** Which cluster kubectl uses, and whether it answers. */
export async function describeCluster(context: Context): Promise<Finding> {
  const area = 'cluster';
  const kubectl = (...args: string[]) => run(context, { program: 'kubectl', args, timeout: 10_000 });
  const current = await kubectl('config', 'current-context');
  if (current.ended === 'missing')
    return { area, name: 'kubectl', state: 'note', detail: 'kubectl not found, so no cluster is known' };
  const inPod = Boolean(context.env.KUBERNETES_SERVICE_HOST);
  const name = current.ended === 'ok' ? oneLine(current.stdout) : inPod ? 'the cluster of this pod' : 'none';
  if (name === 'none') {
    return {
      area,
      name,
      state: 'note',
      detail: 'no context is set; only publishing, delivery and PipelineRuns need a cluster',
    };
  }
  const asked = await kubectl('version', '--output=json', '--request-timeout=5s');
  const version = /"serverVersion"[\s\S]*?"gitVersion": *"([^"]+)"/u.exec(asked.stdout)?.[1];
  if (version !== undefined) return { area, name, state: 'ok', detail: `Kubernetes ${oneLine(version)}` };
  const why = oneLine(asked.stderr.trim().split('\n').at(-1) ?? '', 200);
  return {
    area,
    name,
    state: 'note',
    detail: `not reachable: ${why}`,
    hint: 'check it with: kubectl cluster-info',
  };
}

/** Whether there is a Docker daemon, which op never requires. */
export function describeDocker({ env }: Context, socket = '/var/run/docker.sock'): Finding {
  const address = env.DOCKER_HOST || (existsSync(socket) ? `unix://${socket}` : '');
  const about = { area: 'docker', name: 'daemon', state: 'ok' } as const;
  if (address === '') return { ...about, detail: 'not found; not needed' };
  return { ...about, detail: `at ${oneLine(address)}; not needed` };
}

/** Whether there is a BuildKit for Dockerfiles, and whether it answers. */
export async function describeBuildKit(
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
        detail: 'not found; to build Dockerfiles, op needs one or a Docker daemon',
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
