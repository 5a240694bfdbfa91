import type { Context } from '../../context.js';
import { refusedError, usageError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { ArtifactReader, Artifacts, StoredImage } from './artifacts.js';
import type { PromoteRequest } from './options.js';

/** Milliseconds between two looks. */
const interval = 5000;

/** @throws OpError (usage) for options that contradict each other */
export function checkSignatureOptions({ requireSignature, referrers }: PromoteRequest): void {
  if (requireSignature === 0 || referrers) return;
  throw usageError({
    what: '--require-signature and --referrers=false contradict each other',
    why: 'without referrers, the signature would stay behind',
    hint: 'leave one of them out',
  });
}

/**
 * Reads what belongs to an image, again until it is signed. Whose signature it is, is not checked: that needs a key.
 * @param wait milliseconds; 0 requires none
 * @param first what a look just now has found
 * @throws OpError (refused) when it is not signed in time
 */
export async function readSigned(
  context: Context,
  artifacts: ArtifactReader,
  image: StoredImage,
  { wait, source }: { readonly wait: number; readonly source: string },
  first: Promise<Artifacts | undefined>,
): Promise<Artifacts | undefined> {
  const start = context.now().getTime();
  for (let isFirst = true; ; isFirst = false) {
    const read = await (isFirst ? first : artifacts.read(image, true));
    if (wait === 0 || read === undefined || read.isSigned) return read;
    const left = start + wait - context.now().getTime();
    if (left <= 0) throw unsigned(image, source, wait);
    if (isFirst) context.log.progress(`waiting up to ${wait / 1000} s for a signature of ${formatReference(image.at)}`);
    await sleep(context, Math.min(interval, left));
  }
}

const unsigned = ({ imageName, at }: StoredImage, source: string, wait: number) =>
  refusedError({
    what: `image "${imageName}" is not promoted: it has no signature in ${source}`,
    why: `nothing that refers to ${formatReference(at)} is a signature after ${wait / 1000} s`,
    hint: 'check that what signs images (Tekton Chains, cosign) works, or wait longer with --require-signature',
  });
