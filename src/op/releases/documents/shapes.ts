import * as v from 'valibot';
import { isJson, type Json } from '../../store/documents/body.js';

/** Who wrote something, when, and from which process or run of Tekton. */
export interface Written {
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly run: string;
}

/** Quick: most of what a store has for releases are such values. */
export const jsonShape = v.custom<Json>(isJson, 'Expected JSON');
export const valuesShape = v.record(v.string(), jsonShape);
const number = v.pipe(v.number(), v.integer(), v.minValue(0));
const written = v.object({ by: v.string(), at: v.string(), run: v.string() });
const does = v.picklist(['call', 'up', 'down', 'check']);

/** An input as the plan has it: a value, or a reference in its absolute form, with or without a default. */
const planInput = v.union([
  v.object({ ref: v.string(), default: v.optional(jsonShape) }),
  v.object({ value: jsonShape }),
]);
export type PlanInput = v.InferOutput<typeof planInput>;

/** Ten years, in milliseconds: what is added to a time has to stay a time. */
export const longestGate = 10 * 366 * 24 * 3_600_000;

/** False for a gate that an approval cannot pass by. */
const bypass = v.optional(v.literal(false));

const gate = v.variant('is', [
  /** It must have been in all environments of the phase before it for this many milliseconds. */
  v.object({ is: v.literal('soak'), milliseconds: v.number(), bypass }),
  /** Somebody has to approve it; an approval is void after `milliseconds`. */
  v.object({
    is: v.literal('approval'),
    by: v.optional(v.array(v.string())),
    milliseconds: v.optional(v.number()),
  }),
  /** It starts on these days, between these times of a time zone, and not on the dates of `except`. */
  v.object({
    is: v.literal('window'),
    zone: v.string(),
    days: v.array(v.string()),
    from: v.string(),
    to: v.string(),
    except: v.array(v.string()),
    bypass,
  }),
  /** A function has to pass; after a failure it is asked again when this many milliseconds have passed, then twice as many, and so on. */
  v.object({ is: v.literal('check'), name: v.string(), milliseconds: v.number(), bypass }),
]);
export type Gate = v.InferOutput<typeof gate>;

/** A Task or a Pipeline that an item runs. */
const planRun = v.object({
  kind: v.picklist(['Task', 'Pipeline']),
  name: v.string(),
  /** The SHA-256 of its YAML, by which the plan has it; without one it is in the files. */
  digest: v.optional(v.string()),
  files: v.array(v.string()),
  /** The input that gives each param. */
  params: v.record(v.string(), v.string()),
  workspaces: v.record(
    v.string(),
    v.union([
      v.object({ directory: v.string() }),
      v.object({ emptyDir: v.literal(true) }),
      v.object({ claim: v.string() }),
      v.object({ secret: v.string() }),
      v.object({ configMap: v.string() }),
    ]),
  ),
  timeout: v.optional(v.string()),
  serviceAccount: v.optional(v.string()),
  /** Those that become outputs; without this, all. */
  results: v.optional(v.array(v.string())),
});
export type PlanRun = v.InferOutput<typeof planRun>;

const planItem = v.object({
  /** `task/build` or `deploy/prod`. */
  key: v.string(),
  inputs: v.record(v.string(), planInput),
  gates: v.array(gate),
  /** By what it does: `call`, `up`, `down`. */
  runs: v.optional(v.record(v.string(), planRun)),
});
export type PlanItem = v.InferOutput<typeof planItem>;

export const environmentValue = v.object({
  name: v.string(),
  attributes: v.record(v.string(), v.string()),
  /** Another one for an environment that is made again under the same name. */
  id: v.string(),
});
export type Environment = v.InferOutput<typeof environmentValue>;

export const planShape = v.object({
  name: v.string(),
  /** The environments that it was made for. */
  environments: v.array(environmentValue),
  phases: v.array(v.object({ name: v.string(), items: v.array(planItem) })),
  /** YAML of Tasks and Pipelines, by its SHA-256: what was planned is what runs, whatever is installed then. */
  documents: v.optional(v.record(v.string(), v.string())),
});
/** What a release consists of: phases in order, items of a phase side by side. */
export type Plan = v.InferOutput<typeof planShape>;

/** An input as it was used. */
const usedInput = v.object({ ref: v.optional(v.string()), default: v.optional(jsonShape), value: jsonShape });
export type UsedInput = v.InferOutput<typeof usedInput>;

const usedInputs = v.record(v.string(), usedInput);

const run = v.object({
  item: v.string(),
  number,
  does,
  /** `retried`: failed, and a person asked for another; `lost`: its process ended without a word. */
  status: v.picklist(['running', 'complete', 'failed', 'retried', 'lost']),
  /** The id of the environment. */
  environment: v.optional(v.string()),
  /** Counts the runs in one environment. */
  serial: v.optional(number),
  why: v.string(),
  inputs: usedInputs,
  output: v.optional(valuesShape),
  error: v.optional(v.string()),
  started: written,
  ended: v.optional(v.string()),
});
export type Run = v.InferOutput<typeof run>;

export const standings = ['open', 'complete', 'failed', 'superseded', 'abandoned', 'bad'] as const;
export type Standing = (typeof standings)[number];

export const releaseShape = v.object({
  ref: v.string(),
  package: v.string(),
  number,
  commit: v.string(),
  plan: planShape,
  created: written,
  /** Names besides its number, the newest last. */
  tags: v.optional(v.array(v.string())),
  standing: v.picklist(standings),
  runs: v.array(run),
  written,
});
/** A release: its plan, and all that was run of it. */
export type Release = v.InferOutput<typeof releaseShape>;

const deployment = v.object({
  /** Of the newest run that is recorded here. */
  serial: number,
  /** The id of the environment, and the newest release that was ever deployed to it. */
  environment: v.string(),
  highest: number,
  current: v.optional(
    v.object({
      release: number,
      run: number,
      inputs: usedInputs,
      output: valuesShape,
      since: written,
    }),
  ),
  /** The newest run, when it failed: what it tried is not tried again by itself. */
  failed: v.optional(
    v.object({ does, release: number, run: number, signature: v.string(), error: v.string(), at: v.string() }),
  ),
  /** What was deployed, the newest last. */
  history: v.array(v.object({ release: number, at: v.string(), by: v.string() })),
});
export type Deployment = v.InferOutput<typeof deployment>;

/** A run that goes on outside of the process that started it: nobody else may begin what it holds before its end is written. */
const away = v.object({
  release: number,
  item: v.string(),
  run: number,
  /** `taskrun/NAMESPACE/NAME` or `pipelinerun/NAMESPACE/NAME`. */
  in: v.string(),
  /** The cluster with that namespace, as in a lock of the store. */
  cluster: v.string(),
  /** When it has ended for certain, also for those who cannot see it. */
  until: v.string(),
});
export type Away = v.InferOutput<typeof away>;

export const packageShape = v.object({
  ref: v.string(),
  newest: number,
  /** Releases that have not ended. */
  open: v.array(number),
  /** By environment. */
  deployments: v.record(v.string(), deployment),
  /** The newest end of each call, by name. */
  tasks: v.record(v.string(), v.object({ release: number, run: number, output: valuesShape, since: written })),
  /** By what it holds, see `claimOf`. */
  away: v.optional(v.record(v.string(), away)),
  written,
});
/** What is known about all releases of a package together: the only document to read when nothing is to be done. */
export type Package = v.InferOutput<typeof packageShape>;

const hold = v.object({ reason: v.string(), until: v.optional(v.string()), written });

const approval = v.object({
  release: number,
  item: v.string(),
  /** What was approved: the inputs and the plan. */
  signature: v.string(),
  decision: v.picklist(['approved', 'rejected']),
  /** Kinds of gates that it passes by, too. */
  bypass: v.array(v.string()),
  reason: v.string(),
  written,
});
export type Approval = v.InferOutput<typeof approval>;

export const intentShape = v.object({
  ref: v.string(),
  /** The release that should be deployed, by environment. */
  deployments: v.record(v.string(), v.object({ release: number, written })),
  /** No other release goes there by itself, by environment. */
  holds: v.record(v.string(), hold),
  /** Releases that must not run any more, by number. */
  verdicts: v.record(v.string(), v.object({ is: v.picklist(['bad', 'abandoned']), reason: v.string(), written })),
  approvals: v.array(approval),
  written,
});
/** What people want of a package. */
export type Intent = v.InferOutput<typeof intentShape>;

/** In intent it may be held: then no release goes there by itself, of any package. */
export const environmentShape = v.object({
  ref: v.string(),
  ...environmentValue.entries,
  hold: v.optional(hold),
  written,
});
export type EnvironmentDocument = v.InferOutput<typeof environmentShape>;
export type Hold = v.InferOutput<typeof hold>;
export const customShape = v.object({ ref: v.string(), value: jsonShape, written });
