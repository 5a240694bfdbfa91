import {
  type CommandStep,
  flag,
  param,
  type RefsOf,
  type ResultPaths,
  result,
  type StringRef,
  type TaskWorkspace,
  text,
} from '../../src/tekton/index.js';
import {
  buildResultFlag,
  type EnvironmentScope,
  type environmentWorkspaces,
  imageInfoFlags,
  type imageInfoParams,
  type imagesParams,
  type imagesWorkspaces,
  placeFlags,
  registryFlags,
  type registryParams,
  yesOrNo,
} from './environment.js';
import { image } from './image.js';
import { apiToken } from './restricted.js';

/** What a Task takes that promotes, beside environmentParams, imagesParams, imageInfoParams and registryParams. */
export const promotionParams = {
  from: param.string({
    default: '',
    description: 'The environment that the images come from; empty: they were built for this one',
  }),
  until: param.string({ default: '', description: 'The last environment of this delivery: it is checked, and shown' }),
  'allow-skip': param.oneOf(yesOrNo, {
    default: 'false',
    description: 'Whether environments may be left out, or their order turned round',
  }),
  overwrite: param.oneOf(yesOrNo, {
    default: 'false',
    description: 'Whether a tag that holds another image in the destination is moved',
  }),
  referrers: param.oneOf(yesOrNo, {
    default: 'true',
    description: 'Whether signatures, attestations and SBOMs are copied too',
  }),
  'promotion-timeout': param.duration({ default: '15m', description: 'How long the promotion may take' }),
};

/** For a Task that only promotes: what comes after a promotion is not to see one that was only shown. */
export const dryRunParam = param.oneOf(yesOrNo, {
  default: 'false',
  description: 'Whether only to show what would be copied',
});

export const promotionResults = {
  PROMOTED: result.string({ description: 'The images as they are in the destination, ref@digest, with commas' }),
};

interface PromotionScope extends EnvironmentScope {
  readonly params: EnvironmentScope['params'] &
    RefsOf<typeof promotionParams & typeof imagesParams & typeof imageInfoParams & typeof registryParams, 'task'> &
    Partial<RefsOf<{ readonly 'dry-run': typeof dryRunParam }, 'task'>>;
  readonly results: Partial<ResultPaths<typeof promotionResults>>;
  readonly workspaces: {
    readonly [N in keyof typeof environmentWorkspaces | keyof typeof imagesWorkspaces]: TaskWorkspace;
  };
  readonly context: { readonly taskRun: { readonly namespace: StringRef<'task'> } };
}

/** The step that copies images from one environment's repository to the next one's; it alone may write there. */
export function promoteStep(scope: PromotionScope, keep = false): CommandStep {
  const { params, results, workspaces, context } = scope;
  return {
    name: 'promote',
    image,
    command: ['op'],
    args: [
      'promote-image',
      flag('source', params.from),
      flag('destination', params.environment),
      flag('until', params.until),
      ...placeFlags(scope, keep),
      buildResultFlag(params, workspaces.source),
      flag('image-name', params['image-name']),
      ...imageInfoFlags({ params, context }),
      flag('allow-skip', params['allow-skip']),
      flag('overwrite', params.overwrite),
      flag('referrers', params.referrers),
      ...(params['dry-run'] === undefined ? [] : [flag('dry-run', params['dry-run'])]),
      ...registryFlags(scope),
      flag('timeout', params['promotion-timeout']),
      text`--promotion-result=${workspaces.source.path}/promotion_result.${params.environment}.json`,
      text`--destination-build-result=${workspaces.source.path}/build_result.${params.environment}.json`,
      ...(results.PROMOTED === undefined ? [] : [text`--result=PROMOTED=${results.PROMOTED.path}`]),
    ],
    workspaces: [workspaces.source, workspaces.dockerconfig, workspaces.environments, workspaces.kubeconfigs],
    volumeMounts: [apiToken.mount],
    computeResources: { requests: { cpu: '250m', memory: '128Mi' }, limits: { memory: '1Gi' } },
  };
}
