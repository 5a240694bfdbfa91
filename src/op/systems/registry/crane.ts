import * as v from 'valibot';
import type { Context } from '../../context.js';
import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';
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

/** Why a registry did not say what it was asked for. */
export interface NoAnswer {
  readonly problem: Problem;
  readonly error: OpError;
}

/** What a registry says of an image: its digest, or why there is none. */
export type LookUp = { readonly digest: string } | NoAnswer;

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

/** Pushes the image of an OCI layout directory. @throws OpError (tool) with what the registry said */
export async function pushLayout(context: Context, access: Access, directory: string, to: Reference): Promise<void> {
  const { digest: _, ...named } = to;
  const ended = await crane(context, access, [to], ['push', directory, formatReference(named)]);
  if (ended.ended !== 'ok')
    throw registryError(`cannot push ${formatReference(named)}`, ended, problemIn(ended.stderr), to);
}

/** Pulls an image, every platform of it, into an OCI layout directory. @throws OpError (tool) with what the registry said */
export async function pullLayout(context: Context, access: Access, from: Reference, directory: string): Promise<void> {
  const image = formatReference(from);
  const ended = await crane(context, access, [from], ['pull', '--format=oci', image, directory]);
  if (ended.ended !== 'ok') throw registryError(`cannot pull ${image}`, ended, problemIn(ended.stderr), from);
}

/** Gives an image another tag beside those that it has; one request. @throws OpError (tool) with what the registry said */
export async function tagImage(context: Context, access: Access, image: Reference, tag: string): Promise<void> {
  const { tag: _, ...byDigest } = image;
  const ended = await crane(context, access, [image], ['tag', formatReference(byDigest), tag]);
  if (ended.ended !== 'ok') {
    throw registryError(`cannot tag ${formatReference(byDigest)}`, ended, problemIn(ended.stderr), image);
  }
}

/** Bytes of an image in the registry, of all its platforms together; undefined when the registry does not say. */
export async function sizeOf(context: Context, access: Access, image: Reference): Promise<number | undefined> {
  const ended = await crane(context, access, [image], ['manifest', formatReference(image)]);
  const manifest = v.safeParse(manifestShape, ended.ended === 'ok' ? parseJson(ended.stdout) : undefined);
  if (!manifest.success) return undefined;
  const { config, layers, manifests } = manifest.output;
  if (manifests === undefined) return [...layers, ...(config ? [config] : [])].reduce((sum, { size }) => sum + size, 0);
  const { tag: _, ...byDigest } = image;
  const sizes = await Promise.all(
    manifests
      // An attestation is no image.
      .filter(({ platform }) => platform?.os !== 'unknown')
      .map(({ digest }) => sizeOf(context, access, { ...byDigest, digest })),
  );
  return sizes.reduce<number>((sum, size = 0) => sum + size, 0);
}

const sized = v.looseObject({ size: v.number() });
/** Source: OCI image specification, manifest and index. */
const manifestShape = v.looseObject({
  config: v.optional(sized),
  layers: v.optional(v.array(sized), []),
  manifests: v.optional(
    v.array(v.looseObject({ digest: v.string(), platform: v.optional(v.looseObject({ os: v.optional(v.string()) })) })),
  ),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
  if (ended.ended === 'missing') throw failureOf(command, ended, { what: 'cannot ask the registry', hint: '' });
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
  return toolError({ what, why, hint: remedyFor(problem, registry ?? 'docker.io') });
}
