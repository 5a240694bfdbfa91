import type { ResultPaths } from '../../src/tekton/index.js';
import { type CommandStep, flag, param, type RefsOf, type TaskWorkspace, text } from '../../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  buildResultParam,
  computeResources,
  dockerconfig,
  dockerfileFlags,
  dockerfileParams,
  dockerfileWorkspaces,
  type imageResults,
  outputFlags,
  sbomDirectoryParam,
} from './build.js';
import { builderFlags, builderMounts, builderParam } from './builder.js';
import { type chainsGitResults, sourceWorkspace } from './clone.js';
import { image } from './image.js';

/** What every Task takes that builds what skaffold.yaml describes. */
export const skaffoldParams = {
  directory: param.string({ default: 'source', description: 'Directory of the workspace that holds skaffold.yaml' }),
  'skaffold-file': param.string({ default: 'skaffold.yaml', description: 'Path of skaffold.yaml in that directory' }),
  profile: param.string({ default: '', description: 'Skaffold profile to build with' }),
  repository: param.string({
    default: '',
    description:
      'Registry and path that images are named under; empty: SKAFFOLD_DEFAULT_REPO of properties, or .registry',
  }),
  engine: param.oneOf(['auto', 'skaffold', 'buildkit', 'lifecycle'], {
    default: 'auto',
    description: 'What builds every image that it can build',
  }),
  jobs: param.string({ default: '', description: 'How many images are built at the same time; empty for 4' }),
  builder: builderParam,
  'sbom-directory': sbomDirectoryParam,
  ...dockerfileParams,
  ...buildParams,
};

/** What every Task that pushes takes beside {@link skaffoldParams}. */
export const pushParams = {
  'build-result': buildResultParam,
  rebuild: param.oneOf(['true', 'false'], {
    default: 'false',
    description: 'Whether to build again what the registry already has for this commit',
  }),
  'reuse-content': param.oneOf(['true', 'false'], {
    default: 'true',
    description: 'Whether an image of another commit is used when all that goes into it is the same',
  }),
};

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

/** What both steps are: op with the repository, and with the builder beside it. */
function step(name: 'build' | 'push' | 'build-push', scope: BuildScope, more: CommandStep['args'] = []): CommandStep {
  const { params, workspaces } = scope;
  return {
    name,
    image,
    command: ['op'],
    args: [
      name,
      text`--directory=${workspaces.source.path}/${params.directory}`,
      flag('skaffold-file', params['skaffold-file']),
      flag('profile', params.profile),
      flag('default-repo', params.repository),
      flag('engine', params.engine),
      flag('jobs', params.jobs),
      ...builderFlags(params.builder),
      text`--sbom-output=${workspaces.source.path}/${params['sbom-directory']}`,
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
 * repository with its Secrets in sight; no other step of the catalog does. Buildpacks run in the sidecar, which sees none.
 */
export function pushStep(name: 'push' | 'build-push', scope: PushScope, more: CommandStep['args'] = []): CommandStep {
  return step(name, scope, [
    flag('rebuild', scope.params.rebuild),
    flag('reuse-content', scope.params['reuse-content']),
    ...more,
    ...outputFlags(scope),
  ]);
}
