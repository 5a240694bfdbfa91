import { pipeline, type TaskNode } from '../src/tekton/index.js';
import { cloneBuildPush } from '../tasks/clone-build-push.js';
import { publishImageInfo } from '../tasks/publish-image-info.js';
import { cloneParams, cloneWorkspaces } from '../tasks/steps/clone.js';
import { metadata } from '../tasks/steps/metadata.js';
import { pushParams, skaffoldParams, skaffoldWorkspaces } from '../tasks/steps/skaffold.js';

/** What the pods of {@link buildPush} may do in the Kubernetes API: write the ConfigMaps with image info, and nothing else. */
export const buildPushRules = [
  // A create cannot be limited to names: Kubernetes does not know the name yet when it authorizes it.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] },
];

/** The results of a Pipeline that builds, from those of its build. */
export function outputsOf({ results }: TaskNode<typeof cloneBuildPush.results>) {
  const { IMAGE_URL, IMAGE_DIGEST, IMAGES, REUSED_IMAGES } = results;
  return {
    IMAGE_URL: {
      value: IMAGE_URL,
      description: 'The application image (the last of the list) if this run built it, without its digest',
    },
    IMAGE_DIGEST: { value: IMAGE_DIGEST, description: 'Its digest' },
    IMAGES: { value: IMAGES, description: 'All images that this run built, as ref@digest, comma-separated' },
    REUSED_IMAGES: {
      value: REUSED_IMAGES,
      description: 'Images of the list that this run found in the registry, and did not build',
    },
    'CHAINS-GIT_URL': { value: results['CHAINS-GIT_URL'], description: 'Source repository, for Tekton Chains' },
    'CHAINS-GIT_COMMIT': { value: results['CHAINS-GIT_COMMIT'], description: 'Source commit, for Tekton Chains' },
  };
}

const { 'configmap-prefix': configmapPrefix } = publishImageInfo.params;

/** Two pods (docs/decisions/0002): one clones, builds and pushes; the other holds a Kubernetes token and runs no code of the repository. */
export const buildPush = pipeline(
  'build-push',
  {
    ...metadata({
      displayName: 'Build, push and publish',
      description:
        'Clones a repository, builds and pushes every image of its skaffold.yaml without a Docker daemon, and publishes image info as ConfigMaps. Takes seconds when the registry already has the images of the commit.',
      categories: ['Image Build', 'Integration & Delivery'],
      tags: ['skaffold', 'image-build', 'buildkit', 'buildpacks', 'delivery'],
    }),
    params: {
      ...cloneParams,
      ...skaffoldParams,
      ...pushParams,
      'configmap-prefix': configmapPrefix,
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
        'list-digest': build.results.LIST_DIGEST,
        'reused-images': build.results.REUSED_IMAGES,
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
