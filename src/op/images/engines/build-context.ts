import type { Context } from '../../context.js';
import type { Reference } from '../../systems/registry/reference.js';
import type { BuildRequest } from '../plan/options.js';
import type { BuildableImage } from '../plan/plan.js';
import type { PreparedBuild } from '../plan/prepare.js';

/** An image that was built, or that the registry already had. */
export interface ImageOutcome {
  /** With tag and digest. */
  readonly reference: Reference;
  readonly how: 'built' | 'reused';
  /** What the engine reused, or why nothing was built: `3 of 5 steps cached`. */
  readonly detail: string;
  readonly seconds: number | undefined;
  /** OCI layout directory that holds it, when it is not in a registry that others reach. */
  readonly layout?: string;
}

/** What an engine needs to build an image of a plan. */
export interface BuildContext {
  readonly prepared: PreparedBuild;
  readonly request: BuildRequest;
  /** Ends with the command, with the deadline, or when another image failed. */
  readonly context: Context;
  /** The images that are done, by their names in skaffold.yaml. */
  readonly outcomes: ReadonlyMap<string, ImageOutcome>;
  /** Directory for OCI layouts, when images go into a registry that lives only as long as the build; undefined when they are pushed. */
  readonly layouts: string | undefined;
  /** build_result.json, which is not part of the sources even when it is in their directory. */
  readonly buildResult: string | undefined;
  /** Digests of build contexts, by directory: several images may share one. */
  readonly treeDigests: Map<string, Promise<string>>;
  readonly onLine: (line: string) => void;
}

/** What an engine reports about the image that it built. */
export interface EngineResult extends Pick<ImageOutcome, 'detail' | 'layout'> {
  readonly digest: string;
}

/** The images that one is built from, by the names that it has for them. */
export function requiredImages(
  { artifact }: BuildableImage,
  outcomes: ReadonlyMap<string, ImageOutcome>,
): ReadonlyMap<string, ImageOutcome> {
  return new Map(
    artifact.requires.flatMap(({ image, alias }) => {
      const found = outcomes.get(image);
      return found === undefined ? [] : [[alias, found] as const];
    }),
  );
}
