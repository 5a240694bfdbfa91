import { ne, type PipelineScope, pipeline, type TaskNode, text } from '../src/tekton/index.js';
import { mirror as mirrorTask } from '../tasks/mirror.js';
import { mirrorReport } from '../tasks/mirror-report.js';
import { metadata } from '../tasks/steps/metadata.js';
import { mirrorParams, mirrorWorkspaces, reportResults } from '../tasks/steps/mirror.js';
import { runRules } from './environment.js';

/** What the pods of {@link mirror} may do in their own namespace: keep the history of the mirror, and its lock. */
export const mirrorRules = [
  // A create cannot be limited to names: Kubernetes does not know the name yet when it authorizes it.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'update'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch', 'create', 'update'] },
  ...runRules,
];

const { 'lock-holder': _holder, ...params } = mirrorParams;

type MirrorScope = PipelineScope<typeof params, typeof mirrorWorkspaces>;

/** What holds the lock of a mirror, for all of its tasks. */
export const holderOf = ({ context: { pipelineRun } }: Pick<MirrorScope, 'context'>) =>
  text`pipelinerun/${pipelineRun.namespace}/${pipelineRun.name}/${pipelineRun.uid}`;

/** Reports when the mirror could not do it itself, as when its pod was stopped. @returns the results of the Pipeline */
export function reportAfter(
  p: Pick<MirrorScope, 'params' | 'workspaces' | 'finally'>,
  holder: ReturnType<typeof holderOf>,
  done: TaskNode<typeof reportResults>,
) {
  const { file, store, wait } = p.params;
  const { config, data } = p.workspaces;
  p.finally('report', mirrorReport, {
    params: { file, store, wait, 'lock-holder': holder },
    workspaces: { config, data },
    when: ne(done.status, 'Succeeded'),
    timeout: '10m',
  });
  return reportResultsOf(done.results);
}

/** The results of a report as those of a Pipeline. */
function reportResultsOf<Value>(results: Readonly<Record<keyof typeof reportResults, Value>>) {
  const described = (name: keyof typeof reportResults) => ({
    value: results[name],
    description: reportResults[name].description ?? '',
  });
  return {
    COPIED: described('COPIED'),
    UNCHANGED: described('UNCHANGED'),
    FAILING: described('FAILING'),
    BYTES: described('BYTES'),
    SUMMARY: described('SUMMARY'),
  };
}

/** Mirrors images as a mirror file says, and reports whatever happens. */
export const mirror = pipeline(
  'mirror',
  {
    ...metadata({
      displayName: 'Mirror',
      description:
        'Copies what changed from registries to another one as mirror.yaml says, proves it by reading back, and reports, also when the pod was stopped. One run of a mirror works at a time.',
      categories: ['Image Build', 'Integration & Delivery'],
      tags: ['mirror', 'registry', 'air-gap'],
    }),
    params,
    workspaces: mirrorWorkspaces,
  },
  (p) => {
    const holder = holderOf(p);
    const done = p.task('mirror', mirrorTask, {
      params: { ...p.params, 'lock-holder': holder },
      workspaces: p.workspaces,
      timeout: '6h',
    });
    return reportAfter(p, holder, done);
  },
);
