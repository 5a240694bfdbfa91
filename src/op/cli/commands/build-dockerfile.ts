import { buildResultFileOf } from '../../images/build-result/options.js';
import { dockerfileImageOptions } from '../../images/one-image/options.js';
import { command } from '../commander/command.js';

/** Tekton cannot put a flag before each item of a list: a Task passes a list as one text. */
const linesOf = (text = '') => text.split(/\r?\n/u).filter((line) => line.trim() !== '');

/** `op build-dockerfile`: one Dockerfile through BuildKit, without skaffold.yaml. */
export const buildDockerfile = command({
  name: 'build-dockerfile',
  description: 'build one Dockerfile with BuildKit and push the image; needs no skaffold.yaml and no Docker daemon',
  options: dockerfileImageOptions,
  run: async (context, { buildArgs, ...request }) => {
    const { buildImageFromDockerfile } = await import('../../images/one-image/build-dockerfile.js');
    const buildArg = [...linesOf(buildArgs), ...request.buildArg];
    await buildImageFromDockerfile(context, { ...request, buildArg, buildResult: buildResultFileOf(request) });
  },
});
