import { oneOf, param, pipeline, type StringRef, text } from '../src/tekton/index.js';
import { checkDelivery } from '../tasks/check-delivery.js';
import { cloneBuildPush } from '../tasks/clone-build-push.js';
import { deliverEnvironment } from '../tasks/deliver-environment.js';
import { publishImageInfo } from '../tasks/publish-image-info.js';
import { cloneParams, cloneWorkspaces } from '../tasks/steps/clone.js';
import { environmentParams, environmentWorkspaces } from '../tasks/steps/environment.js';
import { helmTestParams } from '../tasks/steps/helm-test.js';
import { metadata } from '../tasks/steps/metadata.js';
import { promotionParams } from '../tasks/steps/promote.js';
import { manifestsParams } from '../tasks/steps/set-image.js';
import { pushParams, skaffoldParams, skaffoldWorkspaces } from '../tasks/steps/skaffold.js';
import { watchParams } from '../tasks/steps/watch.js';
import { buildPushRules, outputsOf } from './build-push.js';
import { manifestsOptional, manifestsWorkspaces, promotionDockerconfig, runRules } from './environment.js';

/** What the pods of `deliver` may do in their own namespace; a Role (dist/optional/environment.yaml) grants the rest in each environment. */
export const deliverRules = [...buildPushRules, ...runRules];

/** The environments of {@link deliver}, unless a configuration names others. */
export const usualEnvironments = ['dev', 'pp', 'prod'] as const;

/**
 * The whole delivery of a commit: build, push and publish, then one environment after the other, each only when the previous one runs
 * the images and passes its tests. `until` says where to stop.
 * @param names in the order of promotion; images are pushed to the repository of the first
 */
export function deliverTo<const Names extends readonly [string, ...string[]]>(names: Names) {
  const [first] = names;
  return pipeline(
    'deliver',
    {
      ...metadata({
        displayName: 'Deliver',
        description: `Builds and pushes a commit, and delivers it to ${names.join(', ')}: promotes by digest, updates the manifests, waits for the rollout, and runs the tests. Continues to the next environment only when the previous one has passed.`,
        categories: ['Integration & Delivery', 'Deployment'],
        tags: ['delivery', 'promotion', 'gitops', 'flux', 'helm'],
      }),
      params: {
        ...cloneParams,
        ...skaffoldParams,
        ...pushParams,
        // A delivery is a release, also when nobody says so.
        'cache-trust': { ...skaffoldParams['cache-trust'], default: 'trusted' },
        // A release does not trust what it finds: anyone who can push to the registry may have pushed it (docs/trust.md).
        rebuild: { ...pushParams.rebuild, default: 'true' },
        'configmap-prefix': publishImageInfo.params['configmap-prefix'],
        until: param.oneOf(names, { default: first, description: 'Last environment to deliver to' }),
        component: environmentParams.component,
        'lease-wait': environmentParams['lease-wait'],
        'require-signature': promotionParams['require-signature'],
        'manifests-optional': manifestsOptional,
        'allow-tag': watchParams['allow-tag'],
        'allow-unused': watchParams['allow-unused'],
        'watch-timeout': watchParams['watch-timeout'],
        'test-timeout': helmTestParams['test-timeout'],
        'manifests-ssl-verify': manifestsParams['manifests-ssl-verify'],
        'manifests-author-name': manifestsParams['manifests-author-name'],
        'manifests-author-email': manifestsParams['manifests-author-email'],
      },
      workspaces: {
        ...skaffoldWorkspaces,
        ...cloneWorkspaces,
        'promotion-dockerconfig': promotionDockerconfig,
        ...environmentWorkspaces,
        ...manifestsWorkspaces,
      },
    },
    (p) => {
      const {
        'configmap-prefix': prefix,
        until,
        component,
        'lease-wait': leaseWait,
        'require-signature': requireSignature,
        'manifests-optional': whenConfigured,
        'manifests-ssl-verify': manifestsSslVerify,
        'manifests-author-name': authorName,
        'manifests-author-email': authorEmail,
        'allow-tag': allowTag,
        'allow-unused': allowUnused,
        'watch-timeout': watchTimeout,
        'test-timeout': testTimeout,
        ...params
      } = p.params;
      const {
        environments,
        kubeconfigs,
        'promotion-dockerconfig': dockerconfig,
        'manifests-ssh-directory': manifestsSsh,
        'manifests-basic-auth': manifestsBasicAuth,
        'manifests-ssl-ca-directory': manifestsCa,
        ...workspaces
      } = p.workspaces;
      const check = p.task('check', checkDelivery, {
        displayName: 'Check the environments',
        params: { through: names.join(','), until, repository: params.repository },
        workspaces: { environments },
        timeout: '5m',
      });
      const build = p.task('build', cloneBuildPush, {
        after: [check],
        displayName: 'Clone, build and push',
        params,
        workspaces,
        timeout: '1h',
      });
      p.task('publish', publishImageInfo, {
        displayName: 'Publish image info',
        params: {
          'build-result': params['build-result'],
          'list-digest': build.results.LIST_DIGEST,
          'reused-images': build.results.REUSED_IMAGES,
          'git-revision': build.results['CHAINS-GIT_COMMIT'],
          'git-url': build.results['CHAINS-GIT_URL'],
          'configmap-prefix': prefix,
        },
        workspaces: { source: p.workspaces.source },
        timeout: '5m',
      });
      const { pipelineRun } = p.context;
      // Each environment gets the list that the environment before it proved, and no other; the digest also puts them in order.
      let list: { readonly path: StringRef<'pipeline'> | string; readonly digest: StringRef<'pipeline'> } = {
        path: params['build-result'],
        digest: build.results.LIST_DIGEST,
      };
      names.forEach((name, index) => {
        const to = p.task(`to-${name}`, deliverEnvironment, {
          displayName: `Deliver to ${name}`,
          // The first always runs: `check` refuses an `until` that is not one of them.
          ...(index === 0 ? {} : { when: oneOf(until, names.slice(index)) }),
          params: {
            environment: name,
            from: names[index - 1] ?? '',
            until,
            component,
            'build-result': list.path,
            'list-digest': list.digest,
            properties: params.properties,
            'insecure-registries': params['insecure-registries'],
            'lease-holder': text`pipelinerun/${pipelineRun.namespace}/${pipelineRun.name}/${pipelineRun.uid}`,
            'lease-wait': leaseWait,
            'require-signature': requireSignature,
            'manifests-optional': whenConfigured,
            'manifests-ssl-verify': manifestsSslVerify,
            'manifests-author-name': authorName,
            'manifests-author-email': authorEmail,
            'allow-tag': allowTag,
            'allow-unused': allowUnused,
            'watch-timeout': watchTimeout,
            'test-timeout': testTimeout,
          },
          workspaces: {
            source: p.workspaces.source,
            dockerconfig,
            environments,
            kubeconfigs,
            'ssh-directory': manifestsSsh,
            'basic-auth': manifestsBasicAuth,
            'ssl-ca-directory': manifestsCa,
          },
          timeout: '2h',
        });
        list = { path: `build_result.${name}.json`, digest: to.results.LIST_DIGEST };
      });
      return outputsOf(build);
    },
  );
}

/** {@link deliverTo} dev, pp and prod. */
export const deliver = deliverTo(usualEnvironments);
