import { flag, param, task, text } from '../src/tekton/index.js';
import {
  buildFlags,
  buildParams,
  buildResultParam,
  computeResources,
  dockerconfig,
  dockerfileFlags,
  dockerfileParams,
  dockerfileWorkspaces,
  imageResults,
  outputFlags,
} from './steps/build.js';
import { chainsGitResults, sourceWorkspace } from './steps/clone.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { restricted } from './steps/restricted.js';

/** Builds one Dockerfile and pushes the image; no skaffold.yaml needed. */
export const buildDockerfile = task('build-dockerfile', {
  ...metadata({
    displayName: 'Build a Dockerfile',
    description:
      'Builds one Dockerfile with a BuildKit that the platform team runs, and pushes the image. No skaffold.yaml, no Docker daemon, nothing privileged in this pod.',
    categories: ['Image Build'],
    tags: ['dockerfile', 'image-build', 'buildkit'],
  }),
  ...restricted,
  params: {
    image: param.string({ description: 'The image to push, with its tag, such as ghcr.io/acme/shop:1.4.2' }),
    directory: param.string({ default: 'source', description: 'Directory of the workspace that holds the repository' }),
    context: param.string({ default: '.', description: 'Directory of the build context, in the repository' }),
    dockerfile: param.string({
      default: '',
      description: 'Path of the Dockerfile in the repository; empty for Dockerfile of the context',
    }),
    target: param.string({ default: '', description: 'Stage to build; empty for the last' }),
    'build-args': param.string({ default: '', description: 'Build arguments, NAME=VALUE, one a line' }),
    rebuild: param.oneOf(['true', 'false'], {
      default: 'false',
      description: 'Whether to build every step again, from base images that are looked up anew',
    }),
    ...dockerfileParams,
    ...buildParams,
    'build-result': buildResultParam,
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
        flag('image', scope.params.image),
        text`--directory=${scope.workspaces.source.path}/${scope.params.directory}`,
        flag('context', scope.params.context),
        flag('dockerfile', scope.params.dockerfile),
        flag('target', scope.params.target),
        flag('build-args', scope.params['build-args']),
        flag('no-cache', scope.params.rebuild),
        ...dockerfileFlags(scope),
        ...buildFlags(scope),
        ...outputFlags(scope),
      ],
      workspaces: Object.values(scope.workspaces),
      computeResources,
    },
  ],
});
