import type { Release, Run } from '../documents/shapes.js';
import { signatureOf } from '../documents/signature.js';
import { plainOf } from '../next/inputs.js';
import type { PackageView } from '../next/snapshot.js';
import { packageOf, type Reference } from '../reference/reference.js';
import type { Place } from './place.js';

/** What a reference names. The store has fewer documents: a release is one, with all its runs, and so is a package with its deployments. */
export interface Logical {
  readonly ref: string;
  readonly body: unknown;
  /** What is the same in state and intent when intent has been done; undefined when there is no intent of it. */
  readonly compared?: string;
}

/** All that references can name in state or in intent. @param only with it, releases of other packages are not read */
export async function documentsOf(place: Place, intent: boolean, only?: Reference): Promise<readonly Logical[]> {
  const snapshot = await place.records.snapshot();
  const environments = intent
    ? [...snapshot.wantedEnvironments].map(([name, attributes]) => ({ name, attributes }))
    : [...snapshot.environments.values()].map(({ name, attributes }) => ({ name, attributes }));
  const custom = intent ? snapshot.wantedCustom : snapshot.custom;
  const views = [...snapshot.packages.values()].filter(
    ({ name }) => only === undefined || (only.path !== '' && packageOf(only) === name),
  );
  const inPackages = intent
    ? views.flatMap(wantedIn)
    : (await Promise.all(views.map(async (view) => stateIn(view, await place.records.releases(view.name))))).flat();
  return [
    ...environments.map((body) => ({ ref: `@/environment/${body.name}`, body, compared: signatureOf(body) })),
    ...[...custom].map(([ref, body]) => ({ ref, body, compared: signatureOf(body) })),
    ...inPackages,
  ].toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
}

const wantedIn = ({ name, intent }: PackageView): readonly Logical[] =>
  Object.entries(intent.deployments).map(([environment, { release, written }]) => ({
    ref: `${name}/@/deploy/${environment}`,
    body: { release: `r${release}`, hold: intent.holds[environment] ?? null, written },
    compared: `r${release}`,
  }));

const stateIn = ({ name, document }: PackageView, releases: readonly Release[]): readonly Logical[] => [
  ...Object.entries(document.deployments).flatMap(([environment, { current, history }]) =>
    current === undefined
      ? []
      : [
          {
            ref: `${name}/@/deploy/${environment}`,
            body: {
              release: `r${current.release}`,
              run_ref: `${name}/@r${current.release}/deploy/${environment}/${current.run}`,
              input: plainOf(current.inputs),
              output: current.output,
              since: current.since,
              history,
            },
            compared: `r${current.release}`,
          },
        ],
  ),
  ...Object.entries(document.tasks).map(([task, { release, run, output, since }]) => ({
    ref: `${name}/@/task/${task}`,
    body: { release: `r${release}`, run_ref: `${name}/@r${release}/task/${task}/${run}`, output, since },
  })),
  ...releases.flatMap(inRelease),
];

function inRelease(release: Release): readonly Logical[] {
  const { runs: all, ref, commit, created, ...rest } = release;
  const runs = all.filter(({ does }) => does !== 'check');
  const last = new Map(runs.filter(({ status }) => status === 'complete').map((run) => [run.item, run]));
  return [
    { ref, body: { ...rest, commit, created } },
    { ref: `${ref}/commit/${commit}`, body: { time: created.at } },
    ...[...last.values()].map((run) => ({ ref: `${ref}/${run.item}`, body: bodyOf(run) })),
    ...runs.map((run) => ({ ref: `${ref}/${run.item}/${run.number}`, body: bodyOf(run) })),
  ];
}

const bodyOf = ({ does, status, inputs, output, error, started, ended, why }: Run) => ({
  type: does,
  status,
  why,
  input: plainOf(inputs),
  output: output ?? {},
  ...(error === undefined ? {} : { error }),
  started,
  ended: ended ?? null,
});
