/**
 * Where the phases, the builder and the exported image have things. The paths are the same in every place: layers and the image's
 * configuration hold them, and a laptop and a pod must come to the same digest.
 */
export const inside = {
  /** The application: the working directory of the image. */
  app: '/workspace',
  /** What buildpacks make. */
  layers: '/layers',
  /** What op gives to the phases in the builder, and what a container and op say to each other. */
  exchange: '/builder',
  home: '/home/cnb',
} as const;

/** The user that phases run as and that owns layers: that of op in its own image. */
export const user = 65532;
