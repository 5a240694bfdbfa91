import type { Reference } from '../../systems/registry/reference.js';
import type { Mirror } from '../image-mirrors/mirror.js';
import type { Attestation } from './build-options.js';
import type { CacheScope } from './cache-scope.js';

/** A Dockerfile, and everything that its build depends on. */
export interface DockerfileBuild {
  /** Name for messages. */
  readonly image: string;
  /** Absolute path of the context. */
  readonly context: string;
  /** Path of the Dockerfile, absolute or relative to the context. */
  readonly dockerfile: string;
  /** The repository's root. The context and the Dockerfile must be inside it, even after symbolic links are resolved. */
  readonly root: string;
  readonly target: string | undefined;
  /** After evaluation; null takes the value from op's environment, as `docker build --build-arg NAME` does. */
  readonly buildArgs: Readonly<Record<string, string | null>>;
  /** Each comes from a file (relative to the root) or a variable; with neither set, from the variable or else the file of that name. */
  readonly secrets: readonly {
    readonly id: string;
    readonly src?: string | undefined;
    readonly env?: string | undefined;
  }[];
  /** Directory whose files are secrets by name (a mounted Secret); wins over src and env. Its `ssh-privatekey` is the key of ssh `default`. */
  readonly secretsDirectory: string | undefined;
  /** As in skaffold.yaml: `default`, `default=PATH`, `ID=PATH`. */
  readonly ssh: string | undefined;
  /** Whether `ssh` may name the user's agent, and keys in the home directory: not for a repository of strangers. @default true */
  readonly userKeys?: boolean;
  /** `os/arch[/variant]`; more than one makes an index. */
  readonly platforms: readonly string[];
  /** `default`, `none` or `host`. */
  readonly network: string | undefined;
  /** `HOST:IP`, as in `docker build --add-host`. */
  readonly addHosts: readonly string[];
  readonly noCache: boolean;
  /** Whether to look up base images again even if the builder has them. */
  readonly pull: boolean;
  /** Images (`repo:tag`) or buildctl's own `type=...` values. */
  readonly cacheFrom: readonly string[];
  /** The same; if the cache cannot be written to an image, that is only a warning. */
  readonly cacheTo: readonly string[];
  /** Registries without TLS, for the caches; `output` has its own `insecure`. */
  readonly insecure?: readonly string[];
  /** Which builds it shares a server's caches with. */
  readonly scope: CacheScope;
  readonly attest: readonly Attestation[];
  readonly mirrors: readonly Mirror[];
  /**
   * Images that this build made itself, by the name that the Dockerfile may use for them (after build args): never mirrored. `layout` is
   * the OCI layout directory that holds the image when it is not in a registry.
   */
  readonly own: readonly { readonly name: string; readonly digest: string; readonly layout?: string | undefined }[];
  /** Where the image goes: a registry, by name and tag, or an OCI layout directory. `insecure` is for a registry without TLS. */
  readonly output: { readonly push: Reference; readonly insecure: boolean } | { readonly layout: string };
}
