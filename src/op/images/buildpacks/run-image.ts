import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { lookUp, type RegistryAccess } from '../../systems/registry/crane.js';
import { parseReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import type { Builder } from './specification/builder.js';

interface Request {
  readonly builder: Pick<Builder, 'image' | 'runImages'>;
  /** As in skaffold.yaml. */
  readonly explicit: string | undefined;
  readonly target: Reference;
  /** The name of an image on its mirror. */
  readonly mirrored: (image: string) => string;
}

/**
 * The run image to build on: the named one, else the builder's; a copy in the target's registry is preferred, else the first that can be
 * read. Source: buildpacks/lifecycle, platform.BestRunImageMirrorFor.
 * @throws OpError (input) if there is none; (tool) if its registry cannot be used
 */
export async function chooseRunImage(context: Context, access: RegistryAccess, request: Request): Promise<string> {
  const { builder, explicit, target, mirrored } = request;
  const [first] = builder.runImages;
  if (explicit === undefined && first === undefined) throw hasNoRunImage(builder.image);
  const named = explicit === undefined ? [first?.image ?? '', ...(first?.mirrors ?? [])] : [explicit];
  const here = (image: string) => {
    const reference = parseReference(image);
    return !('problem' in reference) && registryOf(reference) === registryOf(target);
  };
  const candidates = [...named.filter(here), ...named.filter((image) => !here(image))].map(mirrored);
  const failures: OpError[] = [];
  for (const image of candidates) {
    const reference = parseReference(image);
    if ('problem' in reference) {
      failures.push(unreadable(image, reference.problem));
      continue;
    }
    const found = await lookUp(context, access, reference);
    if ('digest' in found) return image;
    failures.push(found.problem === 'absent' ? unreadable(image, found.error.why, found.error) : found.error);
  }
  const [only] = failures;
  if (only !== undefined && failures.length === 1) throw only;
  throw new OpError(failures.every(({ kind }) => kind === 'input') ? 'input' : 'tool', {
    what: `cannot read the run image of ${builder.image}`,
    why: failures.map(({ message, why }) => `${message}: ${why}`).join('\n'),
    hint: [...new Set(failures.map(({ hint }) => hint))].join('\n'),
  });
}

const unreadable = (image: string, why: string, cause?: unknown) =>
  inputError({
    what: `run image ${image} not found`,
    why,
    hint: 'use an existing image: runImage in skaffold.yaml, or --run-image',
    cause,
  });

const hasNoRunImage = (builder: string) =>
  inputError({
    what: `the builder ${builder} has no run image`,
    why: 'neither its /cnb/run.toml nor its /cnb/stack.toml names one',
    hint: 'set one: runImage in skaffold.yaml, or --run-image',
  });
