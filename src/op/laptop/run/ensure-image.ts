import type { Context } from '../../context.js';
import { mustRun, run } from '../../kit/process/run.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import { parseReference, registryOf } from '../../systems/registry/reference.js';
import type { Engine } from './engine.js';

/**
 * Pulls an image when the engine does not have it.
 * @param hint what a person can do when that fails
 * @throws OpError (tool) with what the engine said
 */
export async function ensureImage(context: Context, { program }: Engine, image: string, hint: string): Promise<void> {
  const there = await run(context, { program, args: ['image', 'inspect', image] });
  if (there.ended === 'ok') return;
  context.log.progress(`pulling ${image}`);
  const command = { program, args: ['pull', ...withoutTls(program, image), image], onLine: context.log.debug };
  await mustRun(context, command, { what: `${program} cannot pull ${image}`, hint });
}

/** Docker asks registries of this machine without TLS by itself, podman does not. */
function withoutTls(program: Engine['program'], image: string): readonly string[] {
  const read = parseReference(image);
  if (program !== 'podman' || 'problem' in read) return [];
  const registry = registryOf(read);
  return /^(?:localhost|127\.|\[::1\])/u.test(registry) && isPlainHttp(registry, []) ? ['--tls-verify=false'] : [];
}
