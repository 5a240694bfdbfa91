import type { Context } from '../context.js';
import { toolError } from '../kit/errors/op-error.js';
import { oneLine } from '../kit/log/printable.js';
import { mustRun, run } from '../kit/process/run.js';
import { isPlainHttp } from '../systems/registry/protocol.js';
import { parseReference, registryOf } from '../systems/registry/reference.js';

const containerEngines = ['docker', 'podman'] as const;
export type EngineName = (typeof containerEngines)[number];

/** A container engine that answers. */
export interface ContainerEngine {
  readonly program: EngineName;
  /** Whether it has an init for containers: with one, every program ends when told to, even one that handles no signals. */
  readonly init: boolean;
}

/** Why no engine can be used: a line for each. */
export interface NoContainerEngine {
  readonly problems: readonly string[];
}

/** Looks for docker, then podman, or only for the one that is wanted. */
export async function detectEngine(
  context: Context,
  wanted: EngineName | 'auto',
): Promise<ContainerEngine | NoContainerEngine> {
  const problems: string[] = [];
  for (const program of wanted === 'auto' ? containerEngines : [wanted]) {
    const ended = await run(context, { program, args: ['info'], timeout: 15_000 });
    // Docker prints N/A when its daemon does not find the init program; podman prints nothing.
    if (ended.ended === 'ok') return { program, init: /^\s*init version: (?!N\/A)\S/mu.test(ended.stdout) };
    const [reason = ''] = ended.stderr.split('\n').filter((line) => /cannot|error|denied|refused/iu.test(line));
    if (ended.ended === 'missing') problems.push(`${program} is not on PATH`);
    else if (ended.ended === 'deadline') problems.push(`${program} is on PATH, but did not answer within 15 s`);
    else problems.push(`${program} is on PATH, but does not answer: ${oneLine(reason || 'it printed no reason', 200)}`);
  }
  return { problems };
}

/** @throws OpError (tool) that says for docker and podman why each cannot be used, and what to do */
export async function findEngine(
  context: Context,
  wanted: EngineName | 'auto',
  what: string,
): Promise<ContainerEngine> {
  const found = await detectEngine(context, wanted);
  if ('program' in found) return found;
  const denied = found.problems.some((problem) => problem.includes('permission denied'));
  throw toolError({
    what,
    why: found.problems.join('\n'),
    hint: denied
      ? 'give this user access to the Docker daemon (group docker), or use podman, which needs no daemon'
      : 'start Docker (Docker Desktop, colima start, systemctl start docker), or install podman',
  });
}

/**
 * Pulls an image when the engine does not have it.
 * @param hint what to do when that fails
 * @throws OpError (tool) with what the engine printed
 */
export async function pullMissingImage(
  context: Context,
  { program }: ContainerEngine,
  image: string,
  hint: string,
): Promise<void> {
  const present = await run(context, { program, args: ['image', 'inspect', image] });
  if (present.ended === 'ok') return;
  context.log.progress(`pulling ${image}`);
  const command = { program, args: ['pull', ...withoutTls(program, image), image], onLine: context.log.debug };
  await mustRun(context, command, { what: `${program} cannot pull ${image}`, hint });
}

/** Docker uses plain HTTP for registries on this machine without being told; podman does not. */
function withoutTls(program: ContainerEngine['program'], image: string): readonly string[] {
  const read = parseReference(image);
  if (program !== 'podman' || 'problem' in read) return [];
  const registry = registryOf(read);
  return /^(?:localhost|127\.|\[::1\])/u.test(registry) && isPlainHttp(registry, []) ? ['--tls-verify=false'] : [];
}
