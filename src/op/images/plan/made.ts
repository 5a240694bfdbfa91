import type { Context } from '../../context.js';
import type { Reference } from '../../systems/registry/reference.js';
import type { BuildRequest } from './options.js';
import type { Feasible } from './plan.js';
import type { Prepared } from './prepare.js';

/** An image that is built, or was there. */
export interface Made {
  /** With tag and digest. */
  readonly reference: Reference;
  readonly how: 'built' | 'reused';
  /** What the engine reused, or why nothing was built: `3 of 5 steps cached`. */
  readonly detail: string;
  readonly seconds: number | undefined;
  /** OCI layout directory that holds it, when it is in no registry that others reach. */
  readonly layout?: string;
}

/** What an engine is given beside the image. */
export interface Making {
  readonly ready: Prepared;
  readonly request: BuildRequest;
  /** Ends with the command, with the deadline, or when another image failed. */
  readonly context: Context;
  /** The images that are done, by their names in skaffold.yaml. */
  readonly made: ReadonlyMap<string, Made>;
  /** Directory for OCI layouts, when images go into a registry that lives only as long as the build; undefined when they are pushed. */
  readonly layouts: string | undefined;
  /** build_result.json, which is no part of the sources although it may lie among them. */
  readonly buildResult: string | undefined;
  /** Digests of contexts, by directory: several images may have the same. */
  readonly trees: Map<string, Promise<string>>;
  readonly onLine: (line: string) => void;
}

/** What an engine says of the image that it built. */
export interface Built {
  readonly digest: string;
  readonly detail: string;
  readonly layout?: string;
}

/** The images that one is built from, by the names that it has for them. */
export function requiredImages({ artifact }: Feasible, made: ReadonlyMap<string, Made>): ReadonlyMap<string, Made> {
  return new Map(
    artifact.requires.flatMap(({ image, alias }) => {
      const found = made.get(image);
      return found === undefined ? [] : [[alias, found] as const];
    }),
  );
}
