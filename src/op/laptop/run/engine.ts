import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { run } from '../../kit/process/run.js';

export const containerEngines = ['docker', 'podman'] as const;
export type ContainerEngine = (typeof containerEngines)[number];

/** A program that runs containers, and that answers. */
export interface Engine {
  readonly program: ContainerEngine;
  /** Whether it has an init for containers: with one, every program ends when it is told to, also one that handles no signals. */
  readonly init: boolean;
}

/** For each program why it cannot be used. */
export interface NoEngine {
  readonly problems: readonly string[];
}

/** Looks for docker, then podman, or only for the one that is wanted. */
export async function lookForEngine(context: Context, wanted: ContainerEngine | 'auto'): Promise<Engine | NoEngine> {
  const problems: string[] = [];
  for (const program of wanted === 'auto' ? containerEngines : [wanted]) {
    const ended = await run(context, { program, args: ['info'], timeout: 15_000 });
    // Docker says N/A where its daemon does not find the program; podman does not say.
    if (ended.ended === 'ok') return { program, init: /^\s*init version: (?!N\/A)\S/mu.test(ended.stdout) };
    const [reason = ''] = ended.stderr.split('\n').filter((line) => /cannot|error|denied|refused/iu.test(line));
    if (ended.ended === 'missing') problems.push(`${program} is not on PATH`);
    else if (ended.ended === 'deadline') problems.push(`${program} is there, and did not answer within 15 s`);
    else problems.push(`${program} is there, and does not answer: ${oneLine(reason || 'it does not say why', 200)}`);
  }
  return { problems };
}

/** @throws OpError (tool) that says of docker and podman why each cannot be used, and what to do */
export async function findEngine(context: Context, wanted: ContainerEngine | 'auto', what: string): Promise<Engine> {
  const found = await lookForEngine(context, wanted);
  if ('program' in found) return found;
  const denied = found.problems.some((problem) => problem.includes('permission denied'));
  throw toolError({
    what,
    why: found.problems.join('\n'),
    hint: denied
      ? 'let this user speak to the Docker daemon (group docker), or run podman, which needs no daemon'
      : 'start Docker (Docker Desktop, colima start, systemctl start docker), or install podman',
  });
}
