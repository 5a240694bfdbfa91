import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';

/** What refers to an image: signatures, attestations, SBOMs, and what refers to these. */
export interface Artifacts {
  readonly digest: string;
  /** Digests of the manifests that refer to the image, to one of its platforms, or to another of these. */
  readonly referrers: readonly string[];
  /** Those that only a tag names, as cosign does: `sha256-DIGEST.sig`. They are among the referrers by their tags. */
  readonly digestTags: readonly string[];
}

interface Node {
  readonly reference: { readonly Digest: string; readonly Tag: string };
  readonly child?: readonly Node[] | null | undefined;
  readonly referrer?: readonly Node[] | null | undefined;
}

const node: v.GenericSchema<unknown, Node> = v.object({
  reference: v.object({ Digest: v.string(), Tag: v.string() }),
  child: v.optional(v.nullable(v.array(v.lazy(() => node)))),
  referrer: v.optional(v.nullable(v.array(v.lazy(() => node)))),
});

/** The list of referrers itself, where the registry keeps it under a tag. Source: OCI distribution specification, "Referrers Tag Schema". */
const listTag = /^sha256-[0-9a-f]{64}$/u;

/** Reads the tree that `regctl artifact tree --format '{{json .}}'` prints; undefined if it has another form. */
export function artifactsOf(json: string): Artifacts | undefined {
  const tree = parseJson(node, json);
  if (tree === undefined) return undefined;
  const referrers = new Set<string>();
  const digestTags = new Set<string>();
  const visit = ({ child, referrer }: Node) => {
    for (const one of child ?? []) visit(one);
    for (const one of referrer ?? []) {
      const { Digest: digest, Tag: tag } = one.reference;
      if (!listTag.test(tag)) referrers.add(digest === '' ? tag : digest);
      if (!listTag.test(tag) && digest === '') digestTags.add(tag);
      visit(one);
    }
  };
  visit(tree);
  return { digest: tree.reference.Digest, referrers: [...referrers], digestTags: [...digestTags] };
}
