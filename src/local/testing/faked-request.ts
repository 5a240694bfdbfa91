import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoundWorkspace, FakeOf, TaskRunRequest } from '../contract.js';
import { isFakedWholly } from './set-aside.js';

/**
 * A TaskRun with fakes, without what only programs need: a volume that cannot be had here is an empty directory, and sidecars are not
 * started when nothing runs beside them.
 */
export async function fakedRequest(request: TaskRunRequest, fakeOf: FakeOf): Promise<TaskRunRequest> {
  const { spec, directory } = request;
  const volumes: Record<string, BoundWorkspace> = { ...request.volumes };
  const had = ['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim'];
  const declared = spec.volumes?.map((volume) => {
    const { name } = volume;
    return volumes[name] !== undefined || had.some((kind) => kind in volume) ? volume : { name, emptyDir: {} };
  });
  for (const { name } of spec.volumes ?? []) {
    if (volumes[name] !== undefined) continue;
    const empty = join(directory, 'volumes', name);
    await mkdir(empty, { recursive: true });
    volumes[name] = { directory: empty, readOnly: false, secret: false };
  }
  const changed = { ...request, fakeOf, volumes, spec: { ...spec, ...(declared && { volumes: declared }) } };
  if (!isFakedWholly(spec, fakeOf)) return changed;
  const { sidecars: _none, ...rest } = changed.spec;
  // Nothing needs a view of its own: every path that a function is told is the one in a pod.
  return { ...changed, spec: rest, isolation: 'namespaces' };
}
