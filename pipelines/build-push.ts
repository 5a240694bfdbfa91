import { param, pipeline, type TaskNode } from '../src/tekton/index.js';
import { cloneBuildPush } from '../tasks/clone-build-push.js';
import { publishImageInfo } from '../tasks/publish-image-info.js';
import { cloneParams, cloneWorkspaces } from '../tasks/steps/clone.js';
import { metadata } from '../tasks/steps/metadata.js';
import { pushParams, skaffoldParams, skaffoldWorkspaces } from '../tasks/steps/skaffold.js';

/** What the pods of {@link buildPush} may do at the Kubernetes API: write the ConfigMaps of image info, and nothing else. */
export const buildPushRules = [
  // Creating cannot be narrowed to names: Kubernetes does not know the name yet when it authorizes a create.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] },
];

/** What a Pipeline that builds hands on of the node that did. */
export function outputsOf({ results }: TaskNode<typeof cloneBuildPush.results>) {
  const { IMAGE_URL, IMAGE_DIGEST, IMAGES } = results;
  return {
    IMAGE_URL: { value: IMAGE_URL, description: 'The application image (the last that was built), without digest' },
    IMAGE_DIGEST: { value: IMAGE_DIGEST, description: 'Its digest' },
    IMAGES: { value: IMAGES, description: 'All images, ref@digest, separated by commas' },
    'CHAINS-GIT_URL': { value: results['CHAINS-GIT_URL'], description: 'Repository, as Tekton Chains reads it' },
    'CHAINS-GIT_COMMIT': { value: results['CHAINS-GIT_COMMIT'], description: 'Commit, as Tekton Chains reads it' },
  };
}

/** Two pods (docs/decisions/0002): one clones, builds and pushes; the one that holds a Kubernetes token runs no code of the repository. */
export const buildPush = pipeline(
  'build-push',
  {
    ...metadata({
      displayName: 'Build, push and publish',
      description:
        'Clones a repository, builds and pushes every image of its skaffold.yaml without a Docker daemon, and publishes what was built as ConfigMaps. A commit whose images are in the registry takes seconds.',
      categories: ['Image Build', 'Integration & Delivery'],
      tags: ['skaffold', 'image-build', 'buildkit', 'buildpacks', 'delivery'],
    }),
    params: {
      ...cloneParams,
      ...skaffoldParams,
      ...pushParams,
      'configmap-prefix': param.string({
        default: 'image-info',
        description: 'First part of the names of the ConfigMaps',
      }),
    },
    workspaces: { ...skaffoldWorkspaces, ...cloneWorkspaces },
  },
  (p) => {
    const { 'configmap-prefix': prefix, ...params } = p.params;
    const build = p.task('build', cloneBuildPush, {
      displayName: 'Clone, build and push',
      params,
      workspaces: p.workspaces,
      timeout: '1h',
    });
    p.task('publish', publishImageInfo, {
      displayName: 'Publish image info',
      params: {
        'build-result': params['build-result'],
        'git-revision': build.results['CHAINS-GIT_COMMIT'],
        'git-url': build.results['CHAINS-GIT_URL'],
        'configmap-prefix': prefix,
      },
      workspaces: { source: p.workspaces.source },
      timeout: '5m',
    });
    return outputsOf(build);
  },
);
