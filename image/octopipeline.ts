import type { Image } from './image.js';
import { buildctl, crane, helm, kubectl, launcher, lifecycle, skaffold } from './inputs.js';
import { starlarkHelper } from './own-go-tool.js';

const home = '/home/op';
/** Skaffold's settings in the image: no telemetry. */
const skaffoldConfig = '/etc/skaffold/config';

/** The image that every step runs. Node.js and op are separate layers. */
export const octopipeline: Image = {
  name: 'octopipeline',
  description: 'The steps of the octopipeline Tekton catalog',
  // libstdc++6 is for Node; sed and grep for git's own scripts.
  packages: [
    'base-files',
    'ca-certificates',
    'coreutils',
    'dash',
    'git',
    'grep',
    'gzip',
    'libstdc++6',
    'openssh-client',
    'sed',
    'tar',
  ],
  systemPrograms: [],
  tools: [buildctl, launcher, crane, helm, kubectl, lifecycle, skaffold, starlarkHelper],
  settings: {
    // Steps run on volumes owned by other users; the catalog decides what is cloned into them.
    '/etc/gitconfig': '[safe]\n\tdirectory = *\n',
    [skaffoldConfig]: 'global:\n  collect-metrics: false\n  survey:\n    disable-prompt: true\n',
  },
  mountPoints: ['/builder', '/layers-volume'],
  // The lifecycle writes the owner and mode of /layers into images. The root of a volume has those that the cluster set; a directory in it has op's.
  links: { '/layers': '/layers-volume/.export' },
  user: { name: 'op', id: 65532, home },
  workingDirectory: '/workspace',
  entrypoint: ['op'],
  // The environment of every step. A step has no `env`: see docs on how parameters reach programs.
  environment: {
    // Skaffold looks for a Docker client when this is unset, and warns when it finds none.
    DOCKER_HOST: 'unix:///var/run/docker.sock',
    HOME: home,
    LANG: 'C.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    SKAFFOLD_CONFIG: skaffoldConfig,
    SKAFFOLD_INTERACTIVE: 'false',
    SKAFFOLD_UPDATE_CHECK: 'false',
    XDG_CACHE_HOME: `${home}/.cache`,
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_DATA_HOME: `${home}/.local/share`,
  },
};
