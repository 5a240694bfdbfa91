import * as v from 'valibot';
import type { Context } from '../../context.js';
import { run } from '../../kit/process/run.js';
import type { Access } from '../../systems/registry/crane.js';
import { parseReference, registryOf, repositoryOf } from '../../systems/registry/reference.js';
import { pauses, retrying } from '../../systems/registry/retry.js';
import type { DigestComparison } from './judge/match-image.js';

const descriptor = v.object({ digest: v.string(), platform: v.optional(v.object({ os: v.optional(v.string()) })) });
/** Source: OCI image specification, manifest and index; Docker's schema 2 has the same fields. */
const manifestShape = v.object({ config: v.optional(descriptor), manifests: v.optional(v.array(descriptor)) });

/** The digests that identify an image: its own, those of the manifests of its platforms, and those of their configurations. */
interface Digests {
  readonly manifests: ReadonlySet<string>;
  readonly configs: ReadonlySet<string>;
}

/**
 * Asks the registry whether a digest that a node reports is the expected image under another digest: the manifest of a platform, a
 * configuration, or another manifest of exactly the same configurations, which a node reports when it had the same content under another
 * name before.
 * @param onUnreadable gets the expected image when the registry does not return it: then only its exact digest is known
 */
export async function sameImageInRegistry(
  context: Context,
  access: Access,
  { expected, found, foundIn }: DigestComparison,
  onUnreadable: (image: string) => void,
): Promise<boolean> {
  const repository = repositoryOf(expected.image);
  const own = await digestsOf(context, access, repository, expected.image.digest);
  if (own === undefined) {
    onUnreadable(`${repository}@${expected.image.digest}`);
    return false;
  }
  if (own.manifests.has(found) || own.configs.has(found)) return true;
  for (const where of new Set([foundIn ?? repository, repository])) {
    const other = await digestsOf(context, access, where, found);
    if (other !== undefined && other.configs.size > 0)
      return [...other.configs].every((config) => own.configs.has(config));
  }
  return false;
}

async function digestsOf(
  context: Context,
  access: Access,
  repository: string,
  digest: string,
): Promise<Digests | undefined> {
  const read = await manifestOf(context, access, repository, digest);
  if (read === undefined) return undefined;
  const manifests = new Set([digest]);
  const configs = new Set<string>();
  if (read.config !== undefined) configs.add(read.config.digest);
  // An attestation is not an image.
  const platforms = (read.manifests ?? []).filter(({ platform }) => platform?.os !== 'unknown');
  const below = await Promise.all(platforms.map((one) => manifestOf(context, access, repository, one.digest)));
  for (const [index, one] of platforms.entries()) {
    manifests.add(one.digest);
    const config = below[index]?.config?.digest;
    if (config !== undefined) configs.add(config);
  }
  return { manifests, configs };
}

async function manifestOf(context: Context, access: Access, repository: string, digest: string) {
  const reference = parseReference(`${repository}@${digest}`);
  if ('problem' in reference) return undefined;
  const insecure = access.insecure.includes(registryOf(reference)) ? ['--insecure'] : [];
  const args = ['manifest', `${repository}@${digest}`, ...insecure];
  // A registry that is busy for a moment has not said that the images differ.
  const ended = await retrying(context, access.pauses ?? pauses, 'crane manifest', () =>
    run(context, { program: 'crane', args, env: access.env, timeout: 30_000 }),
  );
  if (ended.ended !== 'ok') {
    context.log.debug(`crane ${args.join(' ')}: ${ended.stderr}`);
    return undefined;
  }
  try {
    return v.parse(manifestShape, JSON.parse(ended.stdout));
  } catch {
    return undefined;
  }
}
