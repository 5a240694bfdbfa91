import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { inputError, type OpError, refusedError } from '../../kit/errors/op-error.js';
import { asksForPassword } from '../../systems/registry/challenge.js';
import { formatReference, type Reference, registryOf, repositoryOf } from '../../systems/registry/reference.js';
import type { Regctl } from '../../systems/registry/regctl.js';
import { rebase } from '../environments/rebase.js';

/** An image with both its names. */
export interface NamedImage {
  readonly imageName: string;
  /** With the digest of the build result, if it has one; the tag is only for people then. */
  readonly from: Reference;
  /** With the same tag, and no digest. */
  readonly to: Reference;
}

/** What is to be done for one image. */
export interface Promotion {
  readonly imageName: string;
  /** With its digest. */
  readonly from: Reference;
  /** With the same digest. */
  readonly to: Reference;
  readonly digest: string;
  readonly plan: 'copy' | 'already there' | 'overwrite';
  /** What has the tag at the destination now. */
  readonly found: string | undefined;
  /** Manifests that refer to it at the source; undefined when it was not asked. */
  readonly referrers: readonly string[] | undefined;
}

/** How to plan. */
export interface Terms {
  readonly overwrite: boolean;
  readonly referrers: boolean;
  /** Names of the environments, for messages. */
  readonly source: string;
  readonly destination: string;
}

/**
 * The names of an image below both repositories.
 * @throws OpError (input) when it lies below none that is known, (refused) when both are one
 */
export function nameImage(
  image: BuiltImage,
  all: readonly string[],
  { source, destination }: { readonly source: string; readonly destination: string },
): NamedImage {
  // Without tag and digest a name means the tag latest, to every tool.
  const { tag = image.reference.digest === undefined ? 'latest' : undefined, ...rest } = image.reference;
  const named = { ...image, reference: tag === undefined ? rest : { ...rest, tag } };
  const from = rebase(named, all, source);
  const { digest: _, ...to } = rebase(named, all, destination);
  if (repositoryOf(from) === repositoryOf(to)) {
    throw refusedError({
      what: `image "${image.imageName}" is not promoted`,
      why: `it is ${repositoryOf(from)} at both sides`,
      hint: 'give each environment a repository of its own, none below the other',
    });
  }
  return { imageName: image.imageName, from, to };
}

/** @throws OpError (input) when two images would have one name at the destination */
export function checkDistinct(images: readonly NamedImage[]): void {
  for (const [index, { imageName, from, to }] of images.entries()) {
    const target = formatReference(to);
    const other = images.slice(0, index).find((one) => formatReference(one.to) === target);
    if (to.tag === undefined || other === undefined || other.from.digest === from.digest) continue;
    throw inputError({
      what: `the images "${other.imageName}" and "${imageName}" would both be ${target}`,
      why: `they are ${formatReference(other.from)} and ${formatReference(from)}`,
      hint: 'promote one of them with --image-name, or build again: op push writes each image once',
    });
  }
}

/**
 * Looks at both sides: at the destination with one request, and at the source only when something is to be copied.
 * @throws OpError (input) when the source has no such image, (refused) when another one has the tag, (tool)
 */
export async function planImage(
  context: Context,
  regctl: Regctl,
  { imageName, from: named, to: target }: NamedImage,
  terms: Terms,
): Promise<Promotion> {
  const digest = named.digest ?? (await resolveAt(regctl, named, imageName, terms));
  const from = { ...named, digest };
  const to = { ...target, digest };
  const found = await lookAt(context, regctl, atTag(to));
  const planned = { imageName, from, to, digest, found };
  if (found === digest) return { ...planned, plan: 'already there', referrers: undefined };
  if (found !== undefined && !terms.overwrite) throw different(planned, terms);
  const referrers = await readSource(regctl, from, imageName, terms);
  return { ...planned, plan: found === undefined ? 'copy' : 'overwrite', referrers };
}

/** By tag, where there is one: whoever deploys by tag gets what the tag names. */
export const atTag = ({ digest, ...named }: Reference): Reference =>
  named.tag === undefined && digest !== undefined ? { ...named, digest } : named;

async function resolveAt(regctl: Regctl, from: Reference, imageName: string, terms: Terms): Promise<string> {
  const answer = await regctl.look(from);
  if ('digest' in answer) return answer.digest;
  throw answer.problem === 'absent' ? notAtSource(imageName, from, terms) : answer.error;
}

async function lookAt(context: Context, regctl: Regctl, to: Reference): Promise<string | undefined> {
  const answer = await regctl.look(to);
  if ('digest' in answer) return answer.digest;
  if (answer.problem === 'absent') return undefined;
  // Registries with a token service refuse to tell of a repository that is not there yet. After the copy it must tell.
  const unclear = answer.problem === 'refused' && !(await asksForPassword(registryOf(to), context.signal));
  if (unclear) return undefined;
  throw answer.error;
}

async function readSource(
  regctl: Regctl,
  from: Reference,
  imageName: string,
  terms: Terms,
): Promise<readonly string[] | undefined> {
  if (!terms.referrers) {
    await resolveAt(regctl, from, imageName, terms);
    return undefined;
  }
  const answer = await regctl.artifacts(from);
  if ('referrers' in answer) return answer.referrers;
  throw answer.problem === 'absent' ? notAtSource(imageName, from, terms) : answer.error;
}

const notAtSource = (imageName: string, from: Reference, { source }: Terms): OpError =>
  inputError({
    what: `image "${imageName}" is not in ${source}`,
    why: `${formatReference(from)} is not there`,
    hint: `promote it to ${source} first, or check that the build result is the one that ${source} runs`,
  });

const different = (
  { imageName, to, digest, found }: Pick<Promotion, 'imageName' | 'to' | 'digest' | 'found'>,
  { destination }: Terms,
): OpError =>
  refusedError({
    what: `image "${imageName}" is not promoted to ${destination}`,
    why: `${formatReference(atTag(to))} is another image there, ${found}, than the one to promote, ${digest}`,
    hint: 'build under a new tag, or give --overwrite if that image may lose its tag',
  });
