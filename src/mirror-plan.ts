import * as v from 'valibot';
import { describeIssue } from './op/kit/config/yaml-problems.js';
import { mirrorFile } from './op/mirroring/mirror-file/schema.js';
import { CatalogError } from './tekton/problem.js';
import { toYaml } from './tekton/yaml/emit.js';

/** What is done when a tag names another image at the destination than at the source. */
export type MirrorDrift = 'overwrite' | 'keep' | 'fail';

/** Which platforms of an index are copied. */
export interface MirrorPlatforms {
  /** Such as `linux/amd64`; without a variant, all of its variants. */
  readonly keep: readonly string[];
  /**
   * What becomes of the index. `sparse`: it is the same, and some of its images are not there, which not every registry takes; `rewrite`:
   * another index, with another digest; `child`: the one image itself.
   */
  readonly as: 'sparse' | 'rewrite' | 'child';
}

/**
 * What is copied of all that refers to an image: signatures, attestations, SBOMs. Its kinds are artifact types, such as
 * `application/vnd.cncf.notary.signature`, and `.sig`, `.att` and `.sbom` for the tags that cosign writes (`sha256-DIGEST.sig`).
 */
export interface MirrorReferrers {
  /** `none` is for a source that wants nothing of the defaults. */
  readonly copy: 'all' | 'none' | readonly string[];
  /** An image to which nothing of one of these kinds refers is not copied. @default no kind is required */
  readonly required?: readonly string[] | undefined;
}

/** What applies to every source that does not say otherwise. */
export interface MirrorDefaults {
  /** Destination: `REGISTRY/PATH[:TAG]` with `{registry}`, `{path}`, `{name}` and `{tag}` of the source. */
  readonly to?: string | undefined;
  /** Copy only some platforms of an index. @default an index is copied whole */
  readonly platforms?: MirrorPlatforms | undefined;
  /** @default nothing that refers to an image is copied */
  readonly referrers?: MirrorReferrers | undefined;
  /** @default 'overwrite' */
  readonly drift?: MirrorDrift | undefined;
  /** Regular expressions for tags that never move: one that matches as a whole is not overwritten, whatever `drift` is. */
  readonly immutableTags?: readonly string[] | undefined;
}

/** Which tags of a repository are mirrored. The steps are regex, exclude, extract, semver, sort, newest. */
export interface MirrorTags {
  /** Tags by name; each may be pinned: `TAG@sha256:DIGEST`. */
  readonly exact?: readonly string[] | undefined;
  /** A regular expression that a whole tag must match. */
  readonly regex?: string | undefined;
  /** A tag that matches this as a whole is left out. */
  readonly exclude?: string | undefined;
  /** The part of a tag that is compared, with groups of `regex`: `$1` or `$name`. @default the whole tag */
  readonly extract?: string | undefined;
  /** A range of versions, such as `>=1.4 <2` or `^3.1`; a leading v and missing parts are understood. */
  readonly semver?: string | undefined;
  /** @default 'semver' if there is a range */
  readonly sort?: 'semver' | 'numerical' | 'alphabetical' | undefined;
  /** How many to keep, of the highest. */
  readonly newest?: number | undefined;
}

/** Charts of an HTTP Helm repository. */
export interface MirrorHelmCharts {
  /** URL of the repository: what is before `/index.yaml`. */
  readonly helm: string;
  /** Names of the charts; `all`: those that the repository has when a run looks. */
  readonly charts: readonly string[] | 'all';
  /** A chart without a provenance file (`.prov`) is not copied. @default one is copied if it is there */
  readonly provenance?: 'required' | undefined;
}

/** A repository, or one image of it, or charts, and where they go. */
export interface MirrorSource extends MirrorDefaults {
  /** A repository; with `:TAG` or `@DIGEST`, exactly this image. Or charts, which have no platforms, referrers and digests. */
  readonly from: string | MirrorHelmCharts;
  /** For charts: which of their versions. */
  readonly tags?: MirrorTags | undefined;
  /** Images that have no tag, as `sha256:DIGEST`. */
  readonly digests?: readonly string[] | undefined;
}

/** A registry that needs more than a name. Paths are relative to the mirror file. */
export interface MirrorRegistry {
  /** `HOST[:PORT]`; `docker.io` for Docker Hub. */
  readonly host: string;
  /** Directory with its credentials: `config.json` or `.dockerconfigjson`. */
  readonly dockerconfig?: string | undefined;
  /** File with certificates (PEM) of its authority. */
  readonly ca?: string | undefined;
  /** Use plain HTTP, or do not check its certificate. @default false */
  readonly insecure?: boolean | undefined;
  /** How many manifests are read from it, which registries with a quota count as pulls. @default as many as it allows */
  readonly rate?: MirrorRate | undefined;
}

/** What a run leaves of the quota of a registry: `min`, or `pulls` in the time `per`, or both. */
export interface MirrorRate {
  /** Of the pulls that the registry says are left (`RateLimit-Remaining`), so many are left for others. */
  readonly min?: number | undefined;
  /** Manifests that one run may read in the time {@link per}. */
  readonly pulls?: number | undefined;
  /** Such as `6h`. */
  readonly per?: string | undefined;
  /** When there are no more: wait so long, such as `15m`, and ask again. @default the image fails, and the next run goes on */
  readonly retry?: string | undefined;
}

/** What `op mirror prune` keeps of the images that are not selected any more: at least one rule. */
export interface MirrorKeep {
  /** In each repository of the destination, so many of the newest. */
  readonly newest?: number | undefined;
  /** What `newest` means; a tag that has no place in this order is kept. @default what was copied last */
  readonly sort?: 'semver' | 'numerical' | 'alphabetical' | undefined;
  /** What a run has found to be gone from the selection less than so many days ago. */
  readonly days?: number | undefined;
  /** Regular expressions for whole tags. */
  readonly tags?: readonly string[] | undefined;
  /** What the destination had after one of so many newest recorded runs. */
  readonly runs?: number | undefined;
}

/** What `op mirror` copies, from where to where: the content of a mirror file. */
export interface MirrorPlan {
  readonly version: 1;
  /** Of its history and its lock, as a DNS label. @default the name of the mirror file, without its extension */
  readonly name?: string | undefined;
  readonly defaults?: MirrorDefaults | undefined;
  /** How the work is done. */
  readonly run?:
    | {
        /** Images that are copied at a time. @default 6 */
        readonly parallel?: number | undefined;
        /** How often a request is tried again. @default 5 */
        readonly retries?: number | undefined;
        /** Time limit for one image, such as `90s` or `10m`. @default '20m' */
        readonly timeout?: string | undefined;
        /** How many runs are remembered. @default 30 */
        readonly history?: number | undefined;
      }
    | undefined;
  /** A run that needs more copies nothing, and a prune that needs more deletes nothing. */
  readonly limits?:
    | {
        /** Most images that one run may copy. */
        readonly newImages?: number | undefined;
        /** Most bytes that one run may upload: a number, or a text such as `20GB`. */
        readonly bytes?: number | string | undefined;
        /** Most images that one `op mirror prune` may delete. */
        readonly deletions?: number | undefined;
      }
    | undefined;
  /** Allows `op mirror prune` to delete what this mirror wrote and does not select any more. @default nothing is ever deleted */
  readonly prune?: { readonly keep: MirrorKeep } | undefined;
  readonly registries?: readonly MirrorRegistry[] | undefined;
  readonly sources: readonly MirrorSource[];
}

/**
 * Checks a mirror plan as op does, and gives the text of its mirror file.
 *
 * @throws CatalogError with every problem and its path
 * @example
 * writeFileSync('mirror.yaml', mirrorPlan({
 *   version: 1,
 *   defaults: { to: 'registry.site.example/mirror/{path}' },
 *   sources: [{ from: 'quay.io/prometheus/prometheus', tags: { semver: '>=2.50 <4', newest: 3 } }],
 * }));
 */
export function mirrorPlan(plan: MirrorPlan): string {
  const read = v.safeParse(mirrorFile, plan);
  if (read.success) return toYaml(plan);
  const problems = read.issues.map(describeIssue);
  throw new CatalogError(problems.map(({ path, what }) => ({ path: `mirror > ${path}`, message: what })));
}
