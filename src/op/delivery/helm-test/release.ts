import * as v from 'valibot';
import type { Context } from '../../context.js';
import { OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { failureOfHelm, type Helm } from './helm.js';
import { type Manifest, readManifest } from './manifest.js';

/** A release as stored by helm. */
export interface Release {
  readonly name: string;
  /** Where helm installs objects without a namespace. */
  readonly namespace: string;
  readonly revision: number;
  readonly status: string;
  /** The tests and their other hooks, such as a ConfigMap, in the order in which helm runs them: all that is created. */
  readonly hooks: readonly Hook[];
}

/** An object that is created for the tests. */
export interface Hook {
  readonly object: Manifest;
  readonly weight: number;
  /** When it is deleted. */
  readonly policies: readonly DeletePolicy[];
}

export type DeletePolicy = v.InferOutput<typeof policy>;

/** Source: helm.sh/docs/topics/charts_hooks, hook deletion policies. */
const policy = v.picklist(['before-hook-creation', 'hook-succeeded', 'hook-failed']);
const hook = v.object({
  name: v.string(),
  manifest: v.optional(v.string(), ''),
  events: v.optional(v.array(v.string()), []),
  weight: v.optional(v.number(), 0),
  delete_policies: v.optional(v.array(policy), []),
});
/** Source: helm.sh/helm/v3/pkg/release, Release, as `helm status --output json` writes it. */
const shape = v.object({
  name: v.string(),
  namespace: v.string(),
  version: v.number(),
  info: v.object({ status: v.string() }),
  hooks: v.optional(v.array(hook), []),
});

/** Reads the newest revision of a release. @throws OpError (input, tool, refused) */
export async function readRelease(context: Context, helm: Helm, name: string): Promise<Release> {
  const what = `cannot read Helm release ${name} in namespace ${helm.namespace}`;
  const ended = await helm.run(context, ['status', name, '--output=json']);
  if (ended.ended !== 'ok') throw failureOfHelm(what, ended, helm.namespace);
  try {
    return parseRelease(ended.stdout);
  } catch (cause) {
    if (cause instanceof OpError) throw cause;
    throw toolError({
      what,
      why: 'op cannot parse the output of helm',
      hint: 'check with op doctor that helm is 3.14 or newer, and older than 4',
      cause,
    });
  }
}

/** Reads what `helm status --output json` has printed. @throws OpError (refused) for a hook that tools may read differently */
export function parseRelease(json: string): Release {
  const { name, namespace, version, info, hooks: all } = v.parse(jsonOf(shape), json);
  const hooks = all
    .filter(({ events }) => events.includes('test'))
    .map((one): Hook => {
      const object = readManifest(one.manifest);
      if (typeof object === 'string') throw unclear(one.name, object);
      const policies = one.delete_policies.length === 0 ? (['before-hook-creation'] as const) : one.delete_policies;
      return { object, weight: one.weight, policies };
    });
  const inOrder = hooks.sort(
    (one, other) => one.weight - other.weight || (one.object.metadata.name < other.object.metadata.name ? -1 : 1),
  );
  return { name, namespace, revision: version, status: info.status, hooks: inOrder };
}

const unclear = (name: string, why: string) =>
  refusedError({
    what: 'the tests of the release are not run',
    why: `the manifest of ${oneLine(name)} is not one object that all tools read alike: ${oneLine(why, 300)}`,
    hint: 'see it with: helm get hooks RELEASE; write one object for each hook, in plain YAML: no anchors, merge keys, tags, or keys that are there twice',
  });
