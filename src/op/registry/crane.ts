import type { Context } from '../context.js';
import { type OpError, toolError } from '../errors/op-error.js';
import { type Ended, failureOf, run } from '../process/run.js';
import { type Problem, problemIn, remedyFor } from './problem.js';
import { formatReference, type Reference, registryOf, repositoryOf } from './reference.js';
import { type Pauses, pauses, retrying } from './retry.js';

/** How registries are reached. */
export interface Access {
  /** Registries that are spoken to without TLS; a host matches with its port, never as a prefix. */
  readonly insecure: readonly string[];
  /** Variables for crane, such as DOCKER_CONFIG. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Waits between attempts; tests shorten them. */
  readonly pauses?: Pauses;
}

/** What a registry says of an image: its digest, or why there is none. */
export type LookUp = { readonly digest: string } | { readonly problem: Problem; readonly error: OpError };

/**
 * Asks the registry for the digest that a reference has now.
 * @throws OpError (tool) only when crane itself is missing
 */
export async function lookUp(context: Context, access: Access, reference: Reference): Promise<LookUp> {
  const image = formatReference(reference);
  const ended = await crane(context, access, [reference], ['digest', image]);
  const digest = /^sha256:[0-9a-f]{64}$/u.exec(ended.stdout.trim())?.[0];
  if (ended.ended === 'ok' && digest !== undefined) return { digest };
  const problem = problemIn(ended.stderr);
  return { problem, error: registryError(`cannot read ${image}`, ended, problem, reference) };
}

/**
 * Copies an image by digest and gives it the tag of `to`: a copy to a name with tag and digest would stay without its tag.
 * @throws OpError (tool) with what the registry said
 */
export async function copyImage(context: Context, access: Access, from: Reference, to: Reference): Promise<void> {
  const source = `${repositoryOf(from)}${from.digest === undefined ? `:${from.tag ?? 'latest'}` : `@${from.digest}`}`;
  const target = `${repositoryOf(to)}:${to.tag ?? 'latest'}`;
  const ended = await crane(context, access, [from, to], ['copy', source, target]);
  if (ended.ended !== 'ok')
    throw registryError(`cannot copy ${source} to ${target}`, ended, problemIn(ended.stderr), to);
}

/** Whether a credential for the registry is configured; the credential itself goes nowhere. */
export async function hasCredential(context: Context, access: Access, registry: string): Promise<boolean> {
  const ended = await run(context, { program: 'crane', args: ['auth', 'get', registry], env: access.env });
  return ended.ended === 'ok' && /"(?:Username|Secret)":"[^"]/u.test(ended.stdout);
}

async function crane(
  context: Context,
  access: Access,
  images: readonly Reference[],
  args: readonly string[],
): Promise<Ended> {
  const insecure = images.some((image) => access.insecure.includes(registryOf(image)));
  const command = { program: 'crane', args: [...args, ...(insecure ? ['--insecure'] : [])], env: access.env };
  const ended = await retrying(context, access.pauses ?? pauses, `crane ${args[0]}`, () => run(context, command));
  if (ended.ended === 'missing') throw failureOf(command, ended, { what: 'cannot ask the registry', todo: '' });
  return ended;
}

function registryError(what: string, ended: Ended, problem: Problem, { registry }: Reference): OpError {
  const lines = ended.stderr
    .trim()
    .split('\n')
    .filter((line) => !line.includes('falling back on GET'));
  const said = lines.filter((line) => line.startsWith('Error:'));
  const why = (said.length > 0 ? said : lines.slice(-4))
    .join('\n')
    .replace(/^Error: | \(HEAD responses have no body, use GET for details\)|; \[?map\[.*$/gmu, '');
  return toolError({ what, why, todo: remedyFor(problem, registry ?? 'docker.io') });
}
