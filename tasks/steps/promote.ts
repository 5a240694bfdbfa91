import { promoteOptions } from '../../src/op/delivery/promote/options.js';
import {
  type CommandStep,
  type RefsOf,
  type ResultPaths,
  result,
  type StringRef,
  type TaskWorkspace,
  text,
} from '../../src/tekton/index.js';
import {
  type EnvironmentScope,
  environmentFlags,
  type environmentWorkspaces,
  imageInfoFlags,
  type imageInfoParams,
  imagesFlags,
  type imagesParams,
  type imagesWorkspaces,
  registryFlags,
  type registryParams,
} from './environment.js';
import { image } from './image.js';
import { optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const promotion = optionParams(promoteOptions, {
  from: 'source',
  until: 'until',
  'allow-skip': 'allowSkip',
  overwrite: 'overwrite',
  referrers: 'referrers',
  'require-signature': 'requireSignature',
  'promotion-timeout': { option: 'timeout', default: '15m' },
});

/** More params of every Task that promotes. */
export const promotionParams = promotion.params;

const dryRun = optionParams(promoteOptions, { 'dry-run': 'dryRun' });

/** For a Task that only promotes: the steps after a promotion could not use one that was only shown. */
export const dryRunParams = dryRun.params;

export const promotionResults = {
  PROMOTED: result.string({ description: 'The images at the destination as ref@digest, comma-separated' }),
  LIST_DIGEST: result.string({ description: 'Digest of the list of the images at the destination' }),
};

interface PromotionScope extends EnvironmentScope {
  readonly params: EnvironmentScope['params'] &
    RefsOf<typeof promotionParams & typeof imagesParams & typeof imageInfoParams & typeof registryParams, 'task'> &
    Partial<RefsOf<typeof dryRunParams, 'task'>>;
  readonly results: Partial<ResultPaths<typeof promotionResults>>;
  readonly workspaces: {
    readonly [N in keyof typeof environmentWorkspaces | keyof typeof imagesWorkspaces]: TaskWorkspace;
  };
  readonly context: { readonly taskRun: { readonly namespace: StringRef<'task'> } };
}

/** The step that copies images from the repository of one environment to that of the next; only this step may write there. */
export function promoteStep(scope: PromotionScope, keep = false): CommandStep {
  const { params, results, workspaces, context } = scope;
  return {
    name: 'promote',
    image,
    command: ['op'],
    args: [
      'promote-image',
      ...promotion.flags(params, {
        destination: params.environment,
        promotionResult: text`${workspaces.source.path}/promotion_result.${params.environment}.json`,
        destinationBuildResult: text`${workspaces.source.path}/build_result.${params.environment}.json`,
      }),
      ...(params['dry-run'] === undefined ? [] : dryRun.flags({ 'dry-run': params['dry-run'] })),
      ...environmentFlags(scope, keep),
      ...imagesFlags(scope),
      ...imageInfoFlags({ params, context }),
      ...registryFlags(scope),
      ...(results.PROMOTED === undefined ? [] : [text`--result=PROMOTED=${results.PROMOTED.path}`]),
      ...(results.LIST_DIGEST === undefined ? [] : [text`--result=LIST_DIGEST=${results.LIST_DIGEST.path}`]),
    ],
    workspaces: [workspaces.source, workspaces.dockerconfig, workspaces.environments, workspaces.kubeconfigs],
    volumeMounts: [apiToken.mount],
    computeResources: { requests: { cpu: '250m', memory: '128Mi' }, limits: { memory: '1Gi' } },
  };
}
