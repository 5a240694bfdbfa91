import { cacheScope } from '../../src/op/images/buildkit/cache-scope.js';
import type { DockerfileBuild } from '../../src/op/images/buildkit/dockerfile-build.js';

/** The plainest build of the Dockerfile in a directory, which is the repository too. */
export const plainBuild = (directory: string, output: DockerfileBuild['output']): DockerfileBuild => ({
  image: 'app',
  context: directory,
  dockerfile: 'Dockerfile',
  root: directory,
  target: undefined,
  buildArgs: {},
  secrets: [],
  secretsDirectory: undefined,
  ssh: undefined,
  platforms: [],
  network: undefined,
  addHosts: [],
  noCache: false,
  pull: false,
  cacheFrom: [],
  cacheTo: [],
  scope: cacheScope('untrusted', directory),
  attest: [],
  mirrors: [],
  own: [],
  output,
});
