import { setImageOptions } from '../../src/op/delivery/set-image/options.js';
import { propertiesOptions } from '../../src/op/kit/config/options.js';
import {
  type CommandStep,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  text,
} from '../../src/tekton/index.js';
import type { cloneWorkspaces } from './clone.js';
import {
  type EnvironmentScope,
  environmentFlags,
  type environmentWorkspaces,
  imagesFlags,
  type imagesParams,
  type OtherList,
  type registryParams,
  waits,
} from './environment.js';
import { image } from './image.js';
import { optionFlags, optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const manifests = optionParams(setImageOptions, {
  'manifests-url': 'repository',
  'manifests-branch': 'branch',
  'manifests-optional': 'whenConfigured',
  'manifests-ssl-verify': { option: 'sslVerify', description: "Verify the TLS certificate of the manifests' server" },
  'manifests-author-name': 'authorName',
  'manifests-author-email': 'authorEmail',
  'set-image-timeout': 'timeout',
});

/** More params of every Task that writes manifests. */
export const manifestsParams = manifests.params;

export const manifestsResults = {
  COMMIT: result.string({
    description: 'Commit of the manifests that contains the images; empty when there are no manifests',
  }),
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
 * The step that commits the images to the manifests; only this step sees the credentials of their repository.
 * @param list the image list, unless it is the one of the params
 */
export function setImageStep(scope: ManifestsScope, list?: OtherList, keep = false): CommandStep {
  const { params, results, workspaces } = scope;
  return {
    name: 'set-image',
    image,
    command: ['op'],
    args: [
      'set-image',
      ...optionFlags(setImageOptions, { environment: params.environment }),
      ...environmentFlags(scope, keep),
      ...imagesFlags(scope, list),
      ...optionFlags(propertiesOptions, { config: params.properties }),
      ...manifests.flags(params, {
        sshDirectory: workspaces['ssh-directory'].path,
        basicAuth: workspaces['basic-auth'].path,
        sslCaDirectory: workspaces['ssl-ca-directory'].path,
      }),
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
