import { watchOptions } from '../../src/op/delivery/watch/options.js';
import {
  type CommandStep,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  type Text,
  text,
} from '../../src/tekton/index.js';
import {
  type EnvironmentScope,
  environmentFlags,
  type environmentWorkspaces,
  type imagesParams,
  type imagesWorkspaces,
  registryFlags,
  type registryParams,
  waits,
} from './environment.js';
import { image } from './image.js';
import { optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const watch = optionParams(watchOptions, {
  kind: 'kind',
  'allow-tag': 'allowTag',
  'allow-unused': 'allowUnused',
  reconcile: 'reconcile',
  'watch-timeout': { option: 'timeout', default: '20m' },
});

/** More params of every Task that watches. */
export const watchParams = watch.params;

export const watchResults = {
  DEPLOYED: result.string({ description: 'The images that are proven to run, as ref@digest, comma-separated' }),
};

interface WatchScope extends EnvironmentScope {
  readonly params: EnvironmentScope['params'] &
    RefsOf<typeof watchParams & typeof imagesParams & typeof registryParams, 'task'>;
  readonly results: ResultPaths<typeof watchResults>;
  readonly workspaces: {
    readonly [N in keyof typeof environmentWorkspaces | keyof typeof imagesWorkspaces]: TaskWorkspace;
  };
}

/**
 * The step that waits until the environment runs the images.
 * @param images the flags that say which images
 */
export function watchStep(scope: WatchScope, images: readonly Text<'task'>[], keep = false): CommandStep {
  const { params, results, workspaces } = scope;
  return {
    name: 'watch',
    image,
    command: ['op'],
    args: [
      'watch-deployment',
      ...watch.flags(params, { environment: params.environment }),
      ...environmentFlags(scope, keep),
      ...images,
      ...registryFlags(scope),
      text`--result=DEPLOYED=${results.DEPLOYED.path}`,
    ],
    workspaces: [workspaces.source, workspaces.dockerconfig, workspaces.environments, workspaces.kubeconfigs],
    volumeMounts: [apiToken.mount],
    computeResources: waits,
  };
}
