import { param, pipeline, text } from '../src/tekton/index.js';
import { buildDockerfile } from '../tasks/build-dockerfile.js';
import { gitClone } from '../tasks/git-clone.js';
import { publishImageInfo } from '../tasks/publish-image-info.js';
import { cloneWorkspaces, sourceWorkspace } from '../tasks/steps/clone.js';
import { metadata } from '../tasks/steps/metadata.js';
import { buildPushRules } from './build-push.js';

/** What the pods of {@link mirrorBuild} may do in their own namespace: write the image ConfigMap. */
export const mirrorBuildRules = buildPushRules;

const { dockerconfig, 'buildkit-client': buildkitClient } = buildDockerfile.workspaces;
const own = buildDockerfile.params;

const params = {
  'git-url': param.string({
    default: 'https://github.com/auto-shift/autoshiftv2.git',
    description: 'Repository with the Containerfile of an image with oc-mirror',
  }),
  'git-revision': param.string({ default: 'main', description: 'Branch, tag or commit to build' }),
  'image-name': param.string({ default: 'oc-mirror-autoshift', description: 'Name of the image' }),
  'image-registry': param.string({
    default: 'image-registry.openshift-image-registry.svc:5000/oc-mirror-pipeline',
    description: 'Registry, and path in it, that the image is pushed to',
  }),
  'image-tag': param.string({ default: 'latest', description: 'Tag of the image; what runs is chosen by digest' }),
  platforms: param.string({ default: 'linux/amd64', description: 'Platforms to build for (comma-separated)' }),
  dockerfile: param.string({
    default: 'oc-mirror/Containerfile',
    description: 'Path of the Containerfile in the repository, whose root is the context',
  }),
  'image-configmap': param.string({
    default: 'oc-mirror-images',
    description: 'ConfigMap that says which image was built, by digest and commit',
  }),
  'buildkit-host': param.string({
    default: 'tcp://buildkitd.octopipeline-buildkit.svc:1234',
    description: 'Address of BuildKit; by default that of dist/optional/buildkitd.yaml',
  }),
  'build-args': own['build-args'],
  'insecure-registries': own['insecure-registries'],
  'image-mirrors': own['image-mirrors'],
};

/** Builds the image that runs oc-mirror, and notes its digest. @param name of the Pipeline */
export const mirrorBuildAs = <const Name extends string>(name: Name) =>
  pipeline(
    name,
    {
      ...metadata({
        displayName: 'Build the image of oc-mirror',
        description:
          'Builds the Containerfile of a repository, pushes the image, and writes its digest and commit into the image ConfigMap, from which mirror-deploy takes it.',
        categories: ['Image Build'],
        tags: ['mirror', 'oc-mirror', 'image-build', 'buildkit'],
      }),
      params,
      workspaces: {
        'shared-workspace': sourceWorkspace,
        'registry-auth': dockerconfig,
        'buildkit-client': buildkitClient,
        ...cloneWorkspaces,
      },
    },
    (p) => {
      const { 'shared-workspace': source, 'registry-auth': auth, 'buildkit-client': client, ...git } = p.workspaces;
      const clone = p.task('clone', gitClone, {
        displayName: 'Clone',
        params: { url: p.params['git-url'], revision: p.params['git-revision'] },
        workspaces: { source, ...git },
      });
      const build = p.task('build', buildDockerfile, {
        displayName: 'Build and push',
        params: {
          image: text`${p.params['image-registry']}/${p.params['image-name']}:${p.params['image-tag']}`,
          dockerfile: p.params.dockerfile,
          platforms: p.params.platforms,
          'buildkit-host': p.params['buildkit-host'],
          'build-args': p.params['build-args'],
          'insecure-registries': p.params['insecure-registries'],
          'image-mirrors': p.params['image-mirrors'],
        },
        workspaces: { source, dockerconfig: auth, 'buildkit-client': client },
        after: [clone],
        timeout: '2h',
      });
      const { results } = build;
      p.task('publish', publishImageInfo, {
        displayName: 'Publish image info',
        params: {
          'list-digest': results.LIST_DIGEST,
          'reused-images': results.REUSED_IMAGES,
          'git-revision': results['CHAINS-GIT_COMMIT'],
          'git-url': results['CHAINS-GIT_URL'],
          configmap: p.params['image-configmap'],
        },
        workspaces: { source },
        timeout: '5m',
      });
      return {
        IMAGE_URL: { value: results.IMAGE_URL, description: 'The image, without its digest' },
        IMAGE_DIGEST: { value: results.IMAGE_DIGEST, description: 'Its digest' },
        IMAGES: { value: results.IMAGES, description: 'The image, as ref@digest' },
        'CHAINS-GIT_URL': { value: results['CHAINS-GIT_URL'], description: 'Source repository, for Tekton Chains' },
        'CHAINS-GIT_COMMIT': { value: results['CHAINS-GIT_COMMIT'], description: 'Source commit, for Tekton Chains' },
      };
    },
  );

/** Builds the image that runs oc-mirror. */
export const mirrorBuild = mirrorBuildAs('mirror-build');
