import { flag, param, task, text } from '../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  buildResultParam,
  computeResources,
  dockerconfig,
  imageResults,
  outputFlags,
  sbomDirectoryParam,
} from './steps/build.js';
import { builderFlags, builderMounts, builderSidecar, withBuilder } from './steps/builder.js';
import { chainsGitResults, sourceWorkspace } from './steps/clone.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';

/** Builds one application with buildpacks and pushes the image; no skaffold.yaml needed. */
export const buildBuildpacks = task('build-buildpacks', {
  ...metadata({
    displayName: 'Build with buildpacks',
    description:
      'Builds one application with Cloud Native Buildpacks and pushes the image. Detect and build run in the builder image and see no credentials; no Docker daemon, nothing privileged.',
    categories: ['Image Build'],
    tags: ['buildpacks', 'image-build'],
  }),
  ...withBuilder,
  params: {
    image: param.string({ description: 'The image to push, with its tag, such as ghcr.io/acme/shop:1.4.2' }),
    builder: param.string({ description: 'The builder image, as the cluster can pull it' }),
    directory: param.string({ default: 'source', description: 'Directory of the workspace that holds the repository' }),
    context: param.string({ default: '.', description: 'Directory of the application, in the repository' }),
    'run-image': param.string({ default: '', description: 'Image to build on; empty for that of the builder' }),
    env: param.string({ default: '', description: 'Variables of the build such as BP_JVM_VERSION=21, one a line' }),
    buildpacks: param.string({
      default: '',
      description:
        'Buildpacks of the builder to use, ID or ID@VERSION, separated by commas; empty for the order of the builder',
    }),
    'sbom-directory': sbomDirectoryParam,
    ...buildParams,
    'build-result': buildResultParam,
  },
  results: { ...imageResults, ...chainsGitResults },
  workspaces: { source: sourceWorkspace, dockerconfig },
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: (scope) => [
    {
      name: 'build',
      image,
      command: ['op'],
      args: [
        'build-buildpacks',
        flag('image', scope.params.image),
        text`--directory=${scope.workspaces.source.path}/${scope.params.directory}`,
        flag('context', scope.params.context),
        ...builderFlags(scope.params.builder),
        flag('run-image', scope.params['run-image']),
        flag('env', scope.params.env),
        flag('buildpack', scope.params.buildpacks),
        text`--sbom-output=${scope.workspaces.source.path}/${scope.params['sbom-directory']}`,
        ...buildFlags(scope),
        ...outputFlags(scope),
      ],
      workspaces: Object.values(scope.workspaces),
      volumeMounts: builderMounts,
      computeResources,
    },
  ],
});
