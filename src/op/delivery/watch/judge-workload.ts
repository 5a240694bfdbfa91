import { countOf } from '../../kit/log/table.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Container } from './container.js';
import {
  digestOfImageId,
  type Expected,
  type Match,
  matchRunning,
  matchTemplate,
  repositoryOfImageId,
  type SameImages,
} from './image-match.js';
import type { Pod } from './pod.js';
import { type PodsOf, podsOf } from './pods-of.js';
import { type Rollout, rolloutOf } from './rollout.js';
import type { Snapshot } from './snapshot.js';
import type { Workload } from './workload.js';

/** Two digests that only the registry can compare. */
export interface Question {
  readonly expected: Expected;
  /** A digest that was found in the cluster, and the repository that the cluster knows it by, if any. */
  readonly found: string;
  readonly foundIn: string | undefined;
  /** Where: a template that names another digest is mostly one that is about to be replaced. */
  readonly of: 'template' | 'pods';
}

/** What is asked for, besides the images. */
export interface Demands {
  readonly expected: readonly Expected[];
  /** The template may name the image by its tag alone. */
  readonly allowTag: boolean;
  /** An image that no workload uses is no obstacle. */
  readonly allowUnused: boolean;
  /** Somebody may still bring another image, also when Flux has done all that it was told. */
  readonly patient: boolean;
}

/** How one workload stands. */
export interface WorkloadJudgement {
  readonly workload: Workload;
  /** `unrelated`: it uses none of the images. `idle`: it runs nothing, and nothing is wrong. `differs`: its template names another image. */
  readonly state: 'unrelated' | 'proven' | 'idle' | 'waiting' | 'differs' | 'refused';
  readonly why: string;
  readonly hint?: string;
  /** The images of the template that are right. */
  readonly images: readonly Expected[];
  /** What each container that uses one of the images shall run, by its name. */
  readonly shall: ReadonlyMap<string, Expected>;
  /** Pods that were compared. */
  readonly compared: number;
  readonly notes: readonly string[];
  readonly questions: readonly Question[];
  readonly pods: PodsOf;
}

/** A container of the template with what its image is to be. */
interface Use {
  readonly container: Container;
  readonly match: Exclude<Match, { match: 'unrelated' }>;
}

/** Judges one workload: its template, its rollout, and what each of its pods really runs. */
export function judgeWorkload(
  workload: Workload,
  snapshot: Snapshot,
  { expected, allowTag }: Demands,
  same: SameImages,
): WorkloadJudgement {
  const uses = workload.containers.flatMap((container): readonly Use[] => {
    const match = matchTemplate(container, expected, same);
    return match.match === 'unrelated' ? [] : [{ container, match }];
  });
  const pods = podsOf(workload, snapshot);
  const right = uses.filter(({ match }) => match.match === 'same' || (match.match === 'tag' && allowTag));
  const base = {
    workload,
    images: right.map(({ match }) => match.expected),
    shall: new Map(uses.map(({ container, match }) => [container.name, match.expected])),
    compared: 0,
    notes: [],
    questions: [],
    pods,
  };
  if (uses.length === 0) return { ...base, state: 'unrelated', why: 'it uses none of the images' };
  const wrong = uses.find((use) => !right.includes(use));
  if (wrong !== undefined) return { ...base, ...judgeTemplate(wrong) };
  const rollout = rolloutOf(workload);
  const run = comparePods(workload, pods, right, same);
  if (run.questions.length > 0) {
    return { ...base, state: 'waiting', why: 'the registry to compare two digests', questions: run.questions };
  }
  const notes = notesOn(workload, pods);
  const judged = { ...base, notes, compared: run.compared };
  if (rollout.state !== 'done') return { ...judged, ...judgeRollout(rollout, run.wrong) };
  if (run.wrong !== undefined) return { ...judged, state: 'refused', why: run.wrong, hint: otherPull };
  if (pods.older.length > 0 && workload.kind !== 'CronJob') {
    return { ...judged, state: 'waiting', why: `${countOf(pods.older.length, 'pod')} of an older template to go` };
  }
  if (workload.kind === 'CronJob') return { ...judged, state: run.compared > 0 ? 'proven' : 'idle', why: '' };
  if (pods.newest.length < workload.wanted) {
    return { ...judged, state: 'waiting', why: `${pods.newest.length} of ${workload.wanted} pods were seen` };
  }
  if (run.open !== undefined) return { ...judged, state: 'waiting', why: run.open };
  return { ...judged, state: pods.newest.length === 0 ? 'idle' : 'proven', why: '' };
}

/** The manifests are right, so they are not what has to be looked at. */
const otherPull =
  'the template is right, and a node has another image under that name: name it by its digest in the manifests (op set-image does), ' +
  'or delete those pods once the tag is right, with imagePullPolicy: Always';

function judgeTemplate({ container, match }: Use): Pick<WorkloadJudgement, 'state' | 'why' | 'hint' | 'questions'> {
  const place = `its ${container.kind} ${container.name} shall be ${formatReference(match.expected.image)}`;
  const none = { questions: [] };
  switch (match.match) {
    case 'unknown': {
      const { digest = '' } = match.found;
      const foundIn = container.text.split(/[@:](?=[^/]*$)/u)[0];
      const question: Question = { expected: match.expected, found: digest, foundIn, of: 'template' };
      return { state: 'waiting', why: `${place}, and is ${container.text}`, questions: [question] };
    }
    case 'tag':
      return {
        ...none,
        state: 'differs',
        why: `${place}, and is ${container.text}: the tag is right, and a tag alone is no proof`,
        hint: 'write the digest into the manifests (op set-image does), or take the tag and compare what the pods run with --allow-tag',
      };
    default:
      return { ...none, state: 'differs', why: `${place}, and is ${container.text}` };
  }
}

function judgeRollout(
  rollout: Exclude<Rollout, { state: 'done' }>,
  wrong: string | undefined,
): Pick<WorkloadJudgement, 'state' | 'why' | 'hint'> {
  if (rollout.state === 'waiting') return { state: 'waiting', why: rollout.why };
  return { state: 'refused', why: wrong === undefined ? rollout.why : `${rollout.why}; ${wrong}`, hint: rollout.hint };
}

interface Compared {
  readonly compared: number;
  /** The first pod that runs something else. */
  readonly wrong: string | undefined;
  /** The first that cannot be compared yet. */
  readonly open: string | undefined;
  readonly questions: readonly Question[];
}

function comparePods(workload: Workload, pods: PodsOf, uses: readonly Use[], same: SameImages): Compared {
  const questions: Question[] = [];
  let wrong: string | undefined;
  let open: string | undefined;
  let compared = 0;
  for (const pod of pods.newest) {
    let whole = true;
    for (const { container, match } of uses) {
      const outcome = compareContainer(pod, container, match.expected, same);
      if (outcome === 'same') continue;
      whole = false;
      if (typeof outcome !== 'string') questions.push(outcome);
      else if (outcome.startsWith('wrong')) wrong ??= outcome.slice('wrong '.length);
      else open ??= outcome;
    }
    if (whole) compared += 1;
  }
  // Other pods of the workload count too where its rollout leaves them there for good.
  if (workload.partition > 0 || workload.onDelete) {
    for (const pod of pods.older) {
      for (const { container, match } of uses) {
        const outcome = compareContainer(pod, container, match.expected, same);
        if (typeof outcome !== 'string') questions.push(outcome);
        else if (outcome.startsWith('wrong')) wrong ??= outcome.slice('wrong '.length);
      }
    }
  }
  return { compared, wrong, open, questions };
}

function compareContainer(
  pod: Pod,
  container: Container,
  expected: Expected,
  same: SameImages,
): 'same' | string | Question {
  const place = `${container.kind} ${container.name} of pod ${pod.name}`;
  const status = pod.statuses.find(({ name }) => name === container.name);
  if (status === undefined || status.imageID === '') return `${place} to start`;
  const matched = matchRunning(status.imageID, expected, same);
  if (matched === true) return 'same';
  const found = digestOfImageId(status.imageID);
  if (matched === undefined && found !== undefined) {
    return { expected, found, foundIn: repositoryOfImageId(status.imageID), of: 'pods' };
  }
  return `wrong ${place} runs ${found ?? status.imageID}, and ${expected.image.digest} (${expected.imageName}) is expected`;
}

function notesOn(workload: Workload, { newest, older, leaving, generations }: PodsOf): readonly string[] {
  const { kind, wanted, paused, ran } = workload;
  const name = `${kind} ${workload.name}`;
  if (kind === 'CronJob') {
    return [
      ...(paused ? [`${name} is suspended`] : []),
      ...(newest.length > 0
        ? []
        : [
            `${name} ${ran && generations.length > 0 ? 'has no pod to compare' : ran ? 'has not run since its template changed' : 'has never run'}: only its template was compared`,
          ]),
      ...(older.some(({ active }) => active) ? [`a Job of ${name} still runs with an older template`] : []),
    ];
  }
  const empty = kind === 'DaemonSet' ? 'fits on no node' : 'is scaled to zero';
  return [
    ...(wanted === 0 ? [`${name} ${empty}: only its template was compared`] : []),
    ...(leaving.length > 0
      ? [`${countOf(leaving.length, 'pod')} of ${name} ${leaving.length === 1 ? 'is' : 'are'} still ending`]
      : []),
  ];
}
