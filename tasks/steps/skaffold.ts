import { buildOptions } from '../../src/op/images/plan/options.js';
import { pushOptions } from '../../src/op/images/push/options.js';
import { headOptions, recordOptions } from '../../src/op/images/record/options.js';
import {
  type CommandStep,
  type RefsOf,
  result,
  type StringRef,
  step,
  type TaskWorkspace,
  text,
} from '../../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  computeResources,
  dockerconfig,
  dockerfileFlags,
  dockerfileParams,
  dockerfileWorkspaces,
  imageFlags,
  imageResults,
  listFlags,
  repositoryDirectory,
  sbomDirectory,
  writtenParams,
} from './build.js';
import { builderImage, builderMounts, sharedWithBuilder } from './builder.js';
import { chainsFlags, chainsGitResults, sourceWorkspace } from './clone.js';
import { image } from './image.js';
import { optionFlags, optionParams } from './option-params.js';

const project = optionParams(buildOptions, {
  directory: repositoryDirectory,
  'skaffold-file': 'skaffoldFile',
  profile: 'profile',
  repository: 'defaultRepo',
  // Without pack: it needs a Docker daemon.
  engine: { option: 'engine', words: ['auto', 'skaffold', 'buildkit', 'lifecycle'] },
  'allow-custom': 'allowCustom',
  jobs: { option: 'jobs', default: '' },
  builder: builderImage,
  'sbom-directory': sbomDirectory,
});

/** The params of every Task that builds what skaffold.yaml describes. */
export const skaffoldParams = {
  ...project.params,
  ...dockerfileParams,
  ...buildParams,
};

const pushed = optionParams(pushOptions, { rebuild: 'rebuild', 'reuse-content': 'reuseContent' });

/** More params of every Task that pushes. */
export const pushParams = { ...writtenParams, ...pushed.params };

/** The repository, and the Secrets that builds may need; only the step that builds sees these. */
export const skaffoldWorkspaces = { source: sourceWorkspace, dockerconfig, ...dockerfileWorkspaces };

interface BuildScope {
  readonly params: RefsOf<typeof skaffoldParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof skaffoldWorkspaces]: TaskWorkspace };
}

/** The results of every Task that pushes what skaffold.yaml describes. */
export const pushResults = { ...imageResults, ...chainsGitResults };

interface PushScope extends BuildScope {
  readonly params: RefsOf<typeof skaffoldParams & typeof pushParams, 'task'>;
}

/** What both steps have in common: op with the repository, and with the builder in its sidecar. */
function opStep(name: 'build' | 'push' | 'build-push', scope: BuildScope, more: CommandStep['args'] = []) {
  const { params, workspaces } = scope;
  return {
    image,
    command: ['op'],
    args: [
      name,
      ...project.flags(params, {
        directory: text`${workspaces.source.path}/${params.directory}`,
        builderContainer: sharedWithBuilder,
        sbomOutput: text`${workspaces.source.path}/${params['sbom-directory']}`,
      }),
      ...dockerfileFlags(scope),
      ...buildFlags(scope),
      ...more,
    ],
    workspaces: [
      workspaces.source,
      workspaces.dockerconfig,
      workspaces['buildkit-client'],
      workspaces['build-secrets'],
    ],
    volumeMounts: builderMounts,
    computeResources,
  };
}

/** The step that only builds. */
export const buildStep = (scope: BuildScope): CommandStep => ({ name: 'build', ...opStep('build', scope) });

/** Where the source of a build comes from, as known before its code runs. */
interface Source {
  readonly url: StringRef<'task'>;
  readonly commit: StringRef<'task'>;
}

/**
 * The step that builds and pushes, and the one that gives its outputs. Skaffold's custom, ko and jib builders push by themselves, so the
 * first runs code of the repository while it can read its Secrets; no other step of the catalog does. What that code leaves running ends
 * with its container, so the second reads a list that nothing changes any more. Buildpacks run in the sidecar, which sees no Secrets.
 *
 * The results of the Task are those of the second step. Every step can write the files of a Task's own results, and Tekton takes them even
 * from a step that fails: Chains would sign what the repository's code wrote there.
 */
export function pushSteps(
  name: 'push' | 'build-push',
  scope: PushScope,
  source: Source,
  more: CommandStep['args'] = [],
) {
  const { params, workspaces } = scope;
  const built = step(name, { reused: result.string() }, (own) =>
    opStep(name, scope, [
      ...pushed.flags(params),
      ...more,
      ...listFlags(scope),
      text`--result=REUSED_IMAGES=${own.results.reused.path}`,
    ]),
  );
  const record = step('record', pushResults, ({ results }) => ({
    image,
    command: ['op'],
    args: [
      'record',
      ...optionFlags(recordOptions, {
        buildResult: text`${workspaces.source.path}/${params['build-result']}`,
        repository: params.repository,
        reusedImages: built.results.reused,
        gitUrl: source.url,
        gitCommit: source.commit,
      }),
      ...imageFlags(results),
      ...chainsFlags(results),
    ],
    workspaces: [workspaces.source],
    computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  }));
  return { steps: [built, record], results: record.results };
}

/** {@link pushSteps} for a repository that another Task has cloned: first a step notes its commit, before any of its code runs. */
export function pushClonedSteps(name: 'push' | 'build-push', scope: PushScope, more: CommandStep['args'] = []) {
  const { params, workspaces } = scope;
  const head = step('head', { url: result.string(), commit: result.string() }, ({ results }) => ({
    image,
    command: ['op'],
    args: [
      'head',
      ...optionFlags(headOptions, { directory: text`${workspaces.source.path}/${params.directory}` }),
      text`--result=CHAINS-GIT_URL=${results.url.path}`,
      text`--result=CHAINS-GIT_COMMIT=${results.commit.path}`,
    ],
    workspaces: [workspaces.source],
    computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  }));
  const { steps, results } = pushSteps(name, scope, head.results, more);
  return { steps: [head, ...steps], results };
}
