import { option } from '../../kit/options/option.js';

/** The options of every command that builds with buildpacks. */
export const buildpacksOptions = {
  builderContainer: option.text('directory shared with a container that runs the builder image', { value: '<dir>' }),
  builder: option.text('builder image of buildpacks', { value: '<image>' }),
  sbomOutput: option.text('directory for the SBOMs that buildpacks create', { value: '<dir>' }),
};
