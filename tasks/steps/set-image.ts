import {
  type CommandStep,
  flag,
  param,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  type Text,
  text,
} from '../../src/tekton/index.js';
import type { cloneWorkspaces } from './clone.js';
import {
  type EnvironmentScope,
  environmentFlags,
  type environmentWorkspaces,
  type imagesParams,
  type registryParams,
  waits,
  yesOrNo,
} from './environment.js';
import { image } from './image.js';
import { apiToken } from './restricted.js';

/** What a Task takes that writes manifests, beside environmentParams and imagesParams. */
export const manifestsParams = {
  'manifests-url': param.string({
    default: '',
    description: 'Git repository of the manifests; empty: that of environments.yaml',
  }),
  'manifests-branch': param.string({
    default: '',
    description: 'Its branch; empty: that of environments.yaml, else main',
  }),
  'manifests-optional': param.oneOf(yesOrNo, {
    default: 'false',
    description: 'Whether nothing is done for an environment that has no manifests in environments.yaml',
  }),
  'manifests-ssl-verify': param.oneOf(yesOrNo, {
    default: 'true',
    description: "Whether to check the certificate of the manifests' server",
  }),
  'manifests-author-name': param.string({
    default: '',
    description: 'Author of the commit; empty: octopipeline',
  }),
  'manifests-author-email': param.string({
    default: '',
    description: 'Address of the author, which some servers check; empty: octopipeline@localhost',
  }),
  'set-image-timeout': param.duration({ default: '5m', description: 'How long writing the manifests may take' }),
};

export const manifestsResults = {
  COMMIT: result.string({ description: 'The commit of the manifests that names the images; empty when there is none' }),
};

interface ManifestsScope extends EnvironmentScope {
  readonly params: EnvironmentScope['params'] &
    RefsOf<typeof manifestsParams & typeof imagesParams & Pick<typeof registryParams, 'properties'>, 'task'>;
  readonly results: ResultPaths<typeof manifestsResults>;
  readonly workspaces: {
    readonly [N in keyof typeof environmentWorkspaces | 'source' | keyof typeof cloneWorkspaces]: TaskWorkspace;
  };
}

/**
 * The step that commits the images into the manifests; it alone sees the credentials of their repository.
 * @param buildResult the flag `--build-result`
 */
export function setImageStep(scope: ManifestsScope, buildResult: Text<'task'>, keep = false): CommandStep {
  const { params, results, workspaces } = scope;
  return {
    name: 'set-image',
    image,
    command: ['op'],
    args: [
      'set-image',
      ...environmentFlags(scope, keep),
      buildResult,
      flag('image-name', params['image-name']),
      flag('config', params.properties),
      flag('repository', params['manifests-url']),
      flag('branch', params['manifests-branch']),
      flag('when-configured', params['manifests-optional']),
      flag('author-name', params['manifests-author-name']),
      flag('author-email', params['manifests-author-email']),
      flag('ssl-verify', params['manifests-ssl-verify']),
      flag('ssh-directory', workspaces['ssh-directory'].path),
      flag('basic-auth', workspaces['basic-auth'].path),
      flag('ssl-ca-directory', workspaces['ssl-ca-directory'].path),
      flag('timeout', params['set-image-timeout']),
      text`--result=COMMIT=${results.COMMIT.path}`,
    ],
    workspaces: [
      workspaces.source,
      workspaces.environments,
      workspaces.kubeconfigs,
      workspaces['ssh-directory'],
      workspaces['basic-auth'],
      workspaces['ssl-ca-directory'],
    ],
    volumeMounts: [apiToken.mount],
    computeResources: waits,
  };
}
