import type { Context } from '../../context.js';
import { type RegistryAccess, readManifest } from '../../systems/registry/crane.js';
import { parseReference, repositoryOf } from '../../systems/registry/reference.js';
import type { DigestComparison } from './judge/match-image.js';

/** The digests that identify an image: its own, those of the manifests of its platforms, and those of their configurations. */
interface Digests {
  readonly manifests: ReadonlySet<string>;
  readonly configs: ReadonlySet<string>;
  /** Whether everything that a node could run under this digest is known: no platform is an index of its own, or cannot be read. */
  readonly isComplete: boolean;
}

/**
 * Asks the registry whether a digest that a node reports is the expected image under another digest: the manifest of a platform, a
 * configuration, or another manifest of exactly the same configurations, which a node reports when it had the same content under another
 * name before.
 * @param onUnreadable gets the expected image when the registry does not return it: then only its exact digest is known
 */
export async function sameImageInRegistry(
  context: Context,
  access: RegistryAccess,
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
      return other.isComplete && [...other.configs].every((config) => own.configs.has(config));
  }
  return false;
}

async function digestsOf(
  context: Context,
  access: RegistryAccess,
  repository: string,
  digest: string,
): Promise<Digests | undefined> {
  const read = await manifestOf(context, access, repository, digest);
  if (read === undefined) return undefined;
  const manifests = new Set([digest]);
  const configs = new Set<string>();
  if (read.config !== undefined) configs.add(read.config.digest);
  const platforms = read.manifests ?? [];
  const below = await Promise.all(platforms.map((one) => manifestOf(context, access, repository, one.digest)));
  for (const [index, one] of platforms.entries()) {
    manifests.add(one.digest);
    const config = below[index]?.config?.digest;
    if (config !== undefined) configs.add(config);
  }
  const isComplete = below.every((one) => one?.config !== undefined && one.manifests === undefined);
  return { manifests, configs, isComplete };
}

/** Undefined when the registry does not give it. */
async function manifestOf(context: Context, access: RegistryAccess, repository: string, digest: string) {
  const reference = parseReference(`${repository}@${digest}`);
  return 'problem' in reference ? undefined : readManifest(context, access, reference);
}
