import { buildOptions } from '../../src/op/images/plan/options.js';
import { pushOptions } from '../../src/op/images/push/options.js';
import type { ResultPaths } from '../../src/tekton/index.js';
import { type CommandStep, type RefsOf, type TaskWorkspace, text } from '../../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  computeResources,
  dockerconfig,
  dockerfileFlags,
  dockerfileParams,
  dockerfileWorkspaces,
  type imageResults,
  outputFlags,
  repositoryDirectory,
  sbomDirectory,
  writtenParams,
} from './build.js';
import { builderImage, builderMounts, sharedWithBuilder } from './builder.js';
import { type chainsGitResults, sourceWorkspace } from './clone.js';
import { image } from './image.js';
import { optionParams } from './option-params.js';

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

interface PushScope extends BuildScope {
  readonly params: RefsOf<typeof skaffoldParams & typeof pushParams, 'task'>;
  readonly results: ResultPaths<typeof imageResults & typeof chainsGitResults>;
}

/** What both steps have in common: op with the repository, and with the builder in its sidecar. */
function step(name: 'build' | 'push' | 'build-push', scope: BuildScope, more: CommandStep['args'] = []): CommandStep {
  const { params, workspaces } = scope;
  return {
    name,
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
export const buildStep = (scope: BuildScope): CommandStep => step('build', scope);

/**
 * The step that builds and pushes. Skaffold's custom, ko and jib builders push by themselves, so this step runs code of the
 * repository while it can read its Secrets; no other step of the catalog does. Buildpacks run in the sidecar, which sees none.
 */
export function pushStep(name: 'push' | 'build-push', scope: PushScope, more: CommandStep['args'] = []): CommandStep {
  return step(name, scope, [...pushed.flags(scope.params), ...more, ...outputFlags(scope)]);
}
