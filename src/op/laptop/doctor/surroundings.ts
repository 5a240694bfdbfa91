import { existsSync } from 'node:fs';
import type { Context } from '../../context.js';
import { oneLine } from '../../kit/log/printable.js';
import { run } from '../../kit/process/run.js';
import type { Finding } from './finding.js';

/** Which cluster kubectl speaks to, if any. */
export async function lookAtCluster(context: Context): Promise<Finding> {
  const area = 'cluster';
  const kubectl = (...args: string[]) => run(context, { program: 'kubectl', args, timeout: 10_000 });
  const current = await kubectl('config', 'current-context');
  if (current.ended === 'missing')
    return { area, name: 'kubectl', state: 'note', detail: 'no kubectl, so no cluster is seen' };
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
    detail: `cannot be reached: ${why}`,
    hint: 'check it with: kubectl cluster-info',
  };
}

/** Whether there is a Docker daemon; op never needs one, and says so for those who look for it. */
export function lookForDocker({ env }: Context, socket = '/var/run/docker.sock'): Finding {
  const address = env.DOCKER_HOST || (existsSync(socket) ? `unix://${socket}` : '');
  const about = { area: 'docker', name: 'daemon', state: 'ok' } as const;
  if (address === '') return { ...about, detail: 'none, and none is needed' };
  return { ...about, detail: `at ${oneLine(address)}; not needed` };
}
