import { buildpacksImageOptions } from '../src/op/images/one-image/options.js';
import { task, text } from '../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  computeResources,
  dockerconfig,
  imageResults,
  outputFlags,
  repositoryDirectory,
  sbomDirectory,
  writtenParams,
} from './steps/build.js';
import { builderMounts, builderSidecar, sharedWithBuilder, withBuilder } from './steps/builder.js';
import { chainsGitResults, sourceWorkspace } from './steps/clone.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { optionParams } from './steps/option-params.js';

const application = optionParams(buildpacksImageOptions, {
  image: { option: 'image', required: true },
  builder: { option: 'builder', required: true, description: 'Builder image, as the cluster can pull it' },
  directory: repositoryDirectory,
  context: { option: 'context', description: 'Directory of the application in the repository' },
  'run-image': 'runImage',
  env: 'env',
  buildpacks: 'buildpack',
  'sbom-directory': sbomDirectory,
});

/** Builds one application with buildpacks and pushes the image; needs no skaffold.yaml. */
export const buildBuildpacks = task('build-buildpacks', {
  ...metadata({
    displayName: 'Build with buildpacks',
    description:
      'Builds one application with Cloud Native Buildpacks and pushes the image. The detect and build phases run in the builder image and see no credentials. Needs no Docker daemon and no privileges.',
    categories: ['Image Build'],
    tags: ['buildpacks', 'image-build'],
  }),
  ...withBuilder,
  params: {
    ...application.params,
    ...buildParams,
    ...writtenParams,
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
        ...application.flags(scope.params, {
          directory: text`${scope.workspaces.source.path}/${scope.params.directory}`,
          builderContainer: sharedWithBuilder,
          sbomOutput: text`${scope.workspaces.source.path}/${scope.params['sbom-directory']}`,
        }),
        ...buildFlags(scope),
        ...outputFlags(scope),
      ],
      workspaces: Object.values(scope.workspaces),
      volumeMounts: builderMounts,
      computeResources,
    },
  ],
});
