import type { Reference } from '../../systems/registry/reference.js';
import type { Mirror } from '../image-mirrors/mirror.js';
import type { Application } from './application.js';

/** An image to build from source with Cloud Native Buildpacks. */
export interface BuildpacksBuild {
  /** Name for messages. */
  readonly image: string;
  /** Absolute path of the source. */
  readonly context: string;
  /** The repository's root. The context must be inside it, even after symbolic links are resolved. */
  readonly root: string;
  /** As in skaffold.yaml, before mirrors; empty if project.toml names it. */
  readonly builder: string;
  readonly runImage: string | undefined;
  /** After evaluation. The variables in project.toml win over these, as in Skaffold. */
  readonly env: Readonly<Record<string, string>>;
  /** If there are any, they replace those in project.toml. */
  readonly buildpacks: readonly string[];
  /** Path relative to the context. @default project.toml, if it exists */
  readonly projectDescriptor: string;
  /** Builds without reusing earlier builds. */
  readonly clearCache: boolean;
  /** Image that keeps what later builds can reuse. */
  readonly cacheImage: Reference | undefined;
  readonly defaultProcess: string | undefined;
  readonly mirrors: readonly Mirror[];
  /** Images that this build made itself: never read from a mirror. */
  readonly own?: readonly string[];
  /** Directory for the bills of materials: IMAGE/{build,launch}/… */
  readonly sbomDirectory: string | undefined;
  /** Where the image is pushed; it has a tag. */
  readonly target: Reference;
}

/** The pushed image. */
export interface BuiltByBuildpacks {
  readonly digest: string;
  /** Layers on top of the run image, and how many of them the registry already had. */
  readonly layers: number;
  readonly reused: number;
  /** Process types. */
  readonly processes: readonly string[];
  /** ID@VERSION of the buildpacks that were used. */
  readonly buildpacks: readonly string[];
}

/** skaffold.yaml and project.toml combined. */
export interface BuildInputs {
  readonly application: Application;
  readonly env: Readonly<Record<string, string>>;
  /** The name of an image on its mirror. */
  readonly mirrored: (image: string) => string;
}
