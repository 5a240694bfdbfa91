import * as v from 'valibot';
import { parseAllDocuments, visit } from 'yaml';
import type { Context } from '../../context.js';
import { oddPart } from '../../kit/config/odd-yaml.js';
import { OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { failureOfHelm, type Helm } from './helm.js';
import type { TestFilter } from './request.js';

/** A test of a chart: a Pod or Job with the hook event `test`. */
export interface HelmTest {
  readonly name: string;
  readonly kind: 'Pod' | 'Job';
  readonly namespace: string;
  readonly weight: number;
  readonly lastRun: LastRun;
}

/** What helm has recorded about the last run. */
export interface LastRun {
  /** Empty: never. */
  readonly started: string;
  readonly completed: string;
  readonly phase: string;
}

/** A release as stored by helm. */
export interface Release {
  readonly name: string;
  /** Where helm installs objects without a namespace. */
  readonly namespace: string;
  readonly revision: number;
  readonly status: string;
  /** In the order in which helm runs them. */
  readonly tests: readonly HelmTest[];
  /** The tests and their other hooks, such as a ConfigMap: all that helm will create. */
  readonly hooks: readonly Hook[];
}

/** An object that helm creates for the tests. */
export interface Hook {
  readonly name: string;
  readonly kind: string;
  /** Empty: helm creates it where the release is stored. */
  readonly namespace: string;
}

const hook = v.object({
  name: v.string(),
  manifest: v.optional(v.string(), ''),
  events: v.optional(v.array(v.string()), []),
  weight: v.optional(v.number(), 0),
  last_run: v.optional(
    v.object({
      started_at: v.optional(v.string(), ''),
      completed_at: v.optional(v.string(), ''),
      phase: v.optional(v.string(), ''),
    }),
    {},
  ),
});
/** Source: helm.sh/helm/v3/pkg/release, Release, as `helm status --output json` writes it. */
const shape = v.object({
  name: v.string(),
  namespace: v.string(),
  version: v.number(),
  info: v.object({ status: v.string() }),
  hooks: v.optional(v.array(hook), []),
});
const placed = v.object({
  kind: v.string(),
  metadata: v.object({ name: v.string(), namespace: v.nullish(v.string(), '') }),
});

/** Reads the newest revision of a release. @throws OpError (input, tool) */
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

/** Reads what `helm status --output=json` prints. @throws OpError (refused) for a hook that helm may read differently */
export function parseRelease(json: string): Release {
  const { name, namespace, version, info, hooks: all } = v.parse(jsonOf(shape), json);
  const hooks = all.flatMap((one) => (one.events.includes('test') ? [{ ...one, ...objectIn(one.manifest) }] : []));
  const tests = hooks.flatMap(({ name: test, kind, namespace: place, weight, last_run: last }): HelmTest[] => {
    if (kind !== 'Pod' && kind !== 'Job') return [];
    const lastRun = { started: last.started_at, completed: last.completed_at, phase: last.phase };
    return [{ name: test, kind, namespace: place, weight, lastRun }];
  });
  return {
    name,
    namespace,
    revision: version,
    status: info.status,
    tests: tests.sort((one, other) => one.weight - other.weight || (one.name < other.name ? -1 : 1)),
    hooks: hooks.map(({ name: hook, kind, namespace: place }) => ({ name: hook, kind, namespace: place })),
  };
}

/**
 * The one object of a hook's manifest, as helm reads it: what is wrong in it, or what op could read otherwise, is no object.
 * @throws OpError (refused) for anything else than one object
 */
function objectIn(manifest: string): Pick<Hook, 'kind' | 'namespace'> {
  const documents = parseAllDocuments(manifest, { merge: false, version: '1.1' });
  const [document, ...more] = Array.isArray(documents) ? documents : [];
  const isClear = more.length === 0 && document?.errors.length === 0 && document.warnings.length === 0;
  if (document === undefined || !isClear || isOdd(manifest, document) || hasItems(document.toJS())) {
    throw refusedError({
      what: 'the tests of the release are not run',
      why: 'the manifest of one of their hooks is not one object that op reads as helm does',
      hint: 'see them with: helm get hooks RELEASE; write one object for each hook, without items, anchors, merge keys (<<) and tags of YAML, or keys that are there twice',
    });
  }
  const { kind, metadata } = v.parse(placed, document.toJS());
  return { kind, namespace: metadata.namespace ?? '' };
}

/**
 * helm's readers take a merge key that comes after another key for what counts, and each line that begins with three dashes for the start
 * of another object. Source: go-yaml v2, decoderMapping; splitYAMLDocument of Kubernetes' apimachinery.
 */
function isOdd(manifest: string, document: ReturnType<typeof parseAllDocuments>[number]): boolean {
  let hasMerge = false;
  visit(document, {
    Scalar: (_, { value, source }) => {
      if (value === '<<' || source === '<<') hasMerge = true;
    },
  });
  return hasMerge || /\n---|^---[^\n]*\S/u.test(manifest) || oddPart(manifest) !== undefined;
}

/** helm takes whatever has items for a list, whatever its kind is. Source: unstructuredJSONScheme.decode of Kubernetes' apimachinery. */
const hasItems = (read: unknown): boolean =>
  typeof read === 'object' && read !== null && Object.keys(read).some((key) => key.toLowerCase() === 'items');

/** The tests that helm will run. @throws OpError (refused) for a filter with an unknown test */
export function selectTests({ name, tests, hooks }: Release, { only, not }: TestFilter): readonly HelmTest[] {
  const unknown = [...only, ...not].find((wanted) => !hooks.some((hook) => hook.name === wanted));
  if (unknown !== undefined) {
    const names = tests.map((test) => test.name).join(', ') || 'none';
    throw refusedError({
      what: `release ${name} has no test "${oneLine(unknown)}"`,
      why: `--filter names it, but the tests of its chart are: ${names}`,
      hint: 'correct --filter: a missing test cannot pass',
    });
  }
  return tests.filter((test) => !not.includes(test.name) && (only.length === 0 || only.includes(test.name)));
}
