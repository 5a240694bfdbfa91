import * as v from 'valibot';
import type { Context } from '../../context.js';
import { type OpError, refusedError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { type Api, openApi } from '../../systems/registry/client/api.js';
import { digestForm } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { listTags } from '../../systems/registry/client/list-tags.js';
import { fetchBytes, findDigest } from '../../systems/registry/client/manifests.js';
import { listReferrers, tagOfDigest } from '../../systems/registry/client/referrers.js';
import { readReferrersTag } from '../../systems/registry/client/referrers-tag.js';
import { pathOf, type Repository } from '../../systems/registry/client/repository.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import { pauses as usual } from '../../systems/registry/retry.js';

/** Manifests of an image and of what refers to it, and how many lead from one to the next: more is no image. */
const most = 2000;
const deepest = 10;

/** Milliseconds without a byte, after which a connection is given up. */
const idle = 60_000;

/** An image at the source. */
export interface Bounded {
  readonly imageName: string;
  /** With its digest. */
  readonly from: Reference;
}

/** Limits of what regctl follows: it reads what an index or a list of referrers names as often as that is named, and keeps all in memory. */
export interface Bounds extends AsyncDisposable {
  /**
   * What a registry does not give is left to regctl, which says why.
   * @param referrers whether what refers to the image is followed, too
   * @throws OpError (refused) for an image that is too large, (tool) for a list that cannot be read
   */
  readonly check: (image: Bounded, referrers: boolean) => Promise<void>;
}

/** Opens a connection to each registry that is asked. */
export function openBounds(context: Context, access: RegistryAccess): Bounds {
  const opened = new Map<string, Promise<Api>>();
  const open = (registry: string) => {
    const patience = { pauses: access.pauses ?? usual, idle };
    const api = opened.get(registry) ?? openApi(context, registry, { ...access, ca: undefined, patience });
    opened.set(registry, api);
    return api;
  };
  return {
    check: async (image, referrers) => {
      const { from } = image;
      try {
        await checkLevels({ api: await open(registryOf(from)), path: pathOf(from) }, image, referrers, context.signal);
      } catch (error) {
        context.signal.throwIfAborted();
        if (error instanceof RegistryFailure && error.problem !== 'other') return;
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const api of await Promise.allSettled(opened.values())) {
        if (api.status === 'fulfilled') api.value[Symbol.dispose]();
      }
    },
  };
}

/** Level by level, with the number of ways that lead to each manifest. */
async function checkLevels(
  repository: Repository,
  image: Bounded,
  referrers: boolean,
  signal: AbortSignal,
): Promise<void> {
  const tags = referrers ? digestTagsOf(await listTags(repository, signal)) : undefined;
  const known = new Map<string, Promise<readonly string[]>>();
  const named = (digest: string) => {
    const list = known.get(digest) ?? namedBy(repository, digest, tags, signal);
    known.set(digest, list);
    return list;
  };
  let level: ReadonlyMap<string, number> = new Map([[image.from.digest ?? '', 1]]);
  let count = 1;
  for (let depth = 0; level.size > 0; depth += 1) {
    if (depth > deepest) throw notUsual(image, `indexes and referrers in it lead more than ${deepest} deep`);
    const next = new Map<string, number>();
    const lists = await mapConcurrently([...level], 4, async ([digest, ways]) => ({ ways, list: await named(digest) }));
    for (const { ways, list } of valuesOf(lists)) {
      count += ways * list.length;
      if (count > most) throw notUsual(image, `it and what refers to it have more than ${most} manifests`);
      if (!list.every((digest) => digestForm.test(digest)))
        throw notUsual(image, 'it names what is in it by other digests than SHA-256');
      for (const digest of list) next.set(digest, (next.get(digest) ?? 0) + ways);
    }
    level = next;
  }
}

const index = v.looseObject({ manifests: v.nullish(v.array(v.looseObject({ digest: v.string() }))) });

/** The tags that are named for a digest, such as `sha256-DIGEST.sig`, by their beginning. */
function digestTagsOf(tags: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const tag of tags) {
    const [start] = /^sha256-[0-9a-f]{64}/u.exec(tag) ?? [];
    if (start === undefined) continue;
    const others = found.get(start) ?? [];
    others.push(tag);
    found.set(start, others);
  }
  return found;
}

/** What a manifest names, each as often as it is named, and, with tags, what refers to it. */
async function namedBy(
  repository: Repository,
  digest: string,
  tags: ReadonlyMap<string, readonly string[]> | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const manifest = await fetchBytes(repository, digest, signal);
  if (manifest === undefined) return [];
  const children = parseJson(index, manifest.bytes.toString('utf8'))?.manifests ?? [];
  const all = children.map((child) => child.digest);
  if (tags === undefined) return all;
  const own = tags.get(tagOfDigest(digest)) ?? [];
  if (own.length > most) return own;
  const tagged = valuesOf(await mapConcurrently(own, 4, (tag) => findDigest(repository, tag, signal)));
  const listed = await listReferrers(repository, digest, signal);
  const found = typeof listed === 'string' ? ((await readReferrersTag(repository, digest, signal)) ?? []) : listed;
  return [...all, ...tagged.filter((one) => one !== undefined), ...found.map((one) => one.digest)];
}

const notUsual = ({ imageName, from }: Bounded, why: string): OpError =>
  refusedError({
    what: `image "${imageName}" is not promoted`,
    why: `${formatReference(from)} is no usual image: ${why}`,
    hint: 'look at it with regctl manifest get; if there is too much that refers to it, leave that behind with --referrers=false',
  });
