import { buildResultFileOf } from '../../images/build-result/options.js';
import { buildpacksImageOptions } from '../../images/one-image/options.js';
import { command } from '../commander/command.js';

/** `op build-buildpacks`: one image with Cloud Native Buildpacks, without skaffold.yaml. */
export const buildBuildpacks = command({
  name: 'build-buildpacks',
  description: 'build one image with buildpacks and push it; needs no skaffold.yaml and no Docker daemon',
  options: buildpacksImageOptions,
  run: async (context, request) => {
    const { buildImageWithBuildpacks } = await import('../../images/one-image/build-buildpacks.js');
    await buildImageWithBuildpacks(context, { ...request, buildResult: buildResultFileOf(request) });
  },
});
