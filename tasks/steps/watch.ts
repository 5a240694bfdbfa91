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
import {
  type EnvironmentScope,
  environmentFlags,
  type environmentWorkspaces,
  type imagesParams,
  type imagesWorkspaces,
  registryFlags,
  type registryParams,
  waits,
  yesOrNo,
} from './environment.js';
import { image } from './image.js';
import { apiToken } from './restricted.js';

/** What a Task takes that watches, beside environmentParams, imagesParams and registryParams. */
export const watchParams = {
  kind: param.oneOf(['auto', 'HelmRelease', 'Kustomization', 'Workload'], {
    default: 'auto',
    description: 'What the component is',
  }),
  'allow-tag': param.oneOf(yesOrNo, {
    default: 'false',
    description:
      'Whether a workload may name an image by its tag only; the digest that its pods run is compared all the same',
  }),
  'allow-unused': param.oneOf(yesOrNo, {
    default: 'false',
    description: 'Whether the list may have an image that no workload uses',
  }),
  reconcile: param.oneOf(yesOrNo, { default: 'true', description: 'Whether Flux is asked to look at once' }),
  'watch-timeout': param.duration({ default: '20m', description: 'How long until all runs, at most' }),
};

export const watchResults = {
  DEPLOYED: result.string({ description: 'The images that were proven to run, ref@digest, separated by commas' }),
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
 * @param images the flags that say where the list of images is
 */
export function watchStep(scope: WatchScope, images: readonly Text<'task'>[], keep = false): CommandStep {
  const { params, results, workspaces } = scope;
  return {
    name: 'watch',
    image,
    command: ['op'],
    args: [
      'watch-deployment',
      ...environmentFlags(scope, keep),
      flag('kind', params.kind),
      ...images,
      flag('image-name', params['image-name']),
      flag('allow-tag', params['allow-tag']),
      flag('allow-unused', params['allow-unused']),
      flag('reconcile', params.reconcile),
      ...registryFlags(scope),
      flag('timeout', params['watch-timeout']),
      text`--result=DEPLOYED=${results.DEPLOYED.path}`,
    ],
    workspaces: [workspaces.source, workspaces.dockerconfig, workspaces.environments, workspaces.kubeconfigs],
    volumeMounts: [apiToken.mount],
    computeResources: waits,
  };
}
