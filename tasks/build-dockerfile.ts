import { dockerfileImageOptions } from '../src/op/images/one-image/options.js';
import { task, text } from '../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  computeResources,
  dockerconfig,
  dockerfileFlags,
  dockerfileParams,
  dockerfileWorkspaces,
  imageResults,
  outputFlags,
  repositoryDirectory,
  writtenParams,
} from './steps/build.js';
import { chainsGitResults, sourceWorkspace } from './steps/clone.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { optionParams } from './steps/option-params.js';
import { restricted } from './steps/restricted.js';

const file = optionParams(dockerfileImageOptions, {
  image: { option: 'image', required: true },
  directory: repositoryDirectory,
  context: { option: 'context', description: 'Directory of the build context in the repository' },
  dockerfile: 'dockerfile',
  target: 'target',
  'build-args': 'buildArgs',
  rebuild: 'noCache',
});

/** Builds one Dockerfile and pushes the image; needs no skaffold.yaml. */
export const buildDockerfile = task('build-dockerfile', {
  ...metadata({
    displayName: 'Build a Dockerfile',
    description:
      'Builds one Dockerfile with a BuildKit that the platform team runs, and pushes the image. Needs no skaffold.yaml, no Docker daemon, and no privileges.',
    categories: ['Image Build'],
    tags: ['dockerfile', 'image-build', 'buildkit'],
  }),
  ...restricted,
  params: {
    ...file.params,
    ...dockerfileParams,
    ...buildParams,
    ...writtenParams,
  },
  results: { ...imageResults, ...chainsGitResults },
  workspaces: { source: sourceWorkspace, dockerconfig, ...dockerfileWorkspaces },
  steps: (scope) => [
    {
      name: 'build',
      image,
      command: ['op'],
      args: [
        'build-dockerfile',
        ...file.flags(scope.params, {
          directory: text`${scope.workspaces.source.path}/${scope.params.directory}`,
        }),
        ...dockerfileFlags(scope),
        ...buildFlags(scope),
        ...outputFlags(scope),
      ],
      workspaces: Object.values(scope.workspaces),
      computeResources,
    },
  ],
});
