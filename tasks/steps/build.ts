import {
  type CommandStep,
  flag,
  param,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { chainsFlags, type chainsGitResults } from './clone.js';
import { image } from './image.js';

/** What every Task that builds takes. */
export const buildParams = {
  directory: param.string({ default: 'source', description: 'Directory of the workspace that holds skaffold.yaml' }),
  'skaffold-file': param.string({ default: 'skaffold.yaml', description: 'Path of skaffold.yaml in that directory' }),
  profile: param.string({ default: '', description: 'Skaffold profile to build with' }),
  repository: param.string({
    default: '',
    description:
      'Registry and path that images are named under; empty: SKAFFOLD_DEFAULT_REPO of properties, or .registry',
  }),
  properties: param.string({
    default: '',
    description: 'Path in the pod of a .properties file, such as /workspace/source/source/pipeline.properties',
  }),
  'insecure-registries': param.string({
    default: '',
    description:
      'Registries to speak plain HTTP with, separated by commas; localhost and private IPv4 addresses are known',
  }),
  'build-timeout': param.duration({ default: '45m', description: 'How long the build may take' }),
};

/** What every Task that pushes takes beside {@link buildParams}. */
export const pushParams = {
  'build-result': param.string({
    default: 'build_result.json',
    description: 'Path in the workspace of the list of images, which later Tasks read',
  }),
  rebuild: param.oneOf(['true', 'false'], {
    default: 'false',
    description: 'Whether to build again what the registry already has for this commit',
  }),
};

/** The registry's credentials; only the step that pushes sees them. */
export const dockerconfig = workspace.secret({
  optional: true,
  description: 'Credentials of registries: a kubernetes.io/dockerconfigjson Secret, or a config.json',
});

/** What every Task that pushes gives. Source of the names: Tekton Chains' type hints. */
export const imageResults = {
  IMAGE_URL: result.string({ description: 'The application image (the last that was built), without digest' }),
  IMAGE_DIGEST: result.string({ description: 'Its digest, sha256:…' }),
  IMAGES: result.string({ description: 'All images, ref@digest, separated by commas' }),
};

interface BuildScope {
  readonly params: RefsOf<typeof buildParams, 'task'>;
  readonly workspaces: { readonly source: TaskWorkspace; readonly dockerconfig: TaskWorkspace };
}

interface PushScope extends BuildScope {
  readonly params: RefsOf<typeof buildParams & typeof pushParams, 'task'>;
  readonly results: ResultPaths<typeof imageResults & typeof chainsGitResults>;
}

/** CPU and memory that a build asks for; a platform team sets its own by configuration. */
const computeResources = { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '4Gi' } } as const;

function buildFlags({ params, workspaces }: BuildScope) {
  return [
    text`--directory=${workspaces.source.path}/${params.directory}`,
    flag('skaffold-file', params['skaffold-file']),
    flag('config', params.properties),
    flag('profile', params.profile),
    flag('default-repo', params.repository),
    flag('insecure-registry', params['insecure-registries']),
    flag('dockerconfig', workspaces.dockerconfig.path),
    flag('timeout', params['build-timeout']),
  ];
}

/** The step that only builds. */
export function buildStep(scope: BuildScope): CommandStep {
  return {
    name: 'build',
    image,
    command: ['op'],
    args: ['build', ...buildFlags(scope)],
    workspaces: [scope.workspaces.dockerconfig],
    computeResources,
  };
}

/**
 * The step that builds and pushes. Skaffold's custom, ko and jib builders push by themselves, so this step runs code of the
 * repository with the push credential in sight; no other step of the catalog does.
 */
export function pushStep(name: 'push' | 'build-push', scope: PushScope, more: CommandStep['args'] = []): CommandStep {
  const { results, params, workspaces } = scope;
  return {
    name,
    image,
    command: ['op'],
    args: [
      name,
      ...buildFlags(scope),
      text`--build-result=${workspaces.source.path}/${params['build-result']}`,
      flag('rebuild', params.rebuild),
      ...more,
      text`--result=IMAGE_URL=${results.IMAGE_URL.path}`,
      text`--result=IMAGE_DIGEST=${results.IMAGE_DIGEST.path}`,
      text`--result=IMAGES=${results.IMAGES.path}`,
      ...chainsFlags(results),
    ],
    workspaces: [workspaces.dockerconfig],
    computeResources,
  };
}
