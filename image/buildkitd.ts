import type { Image } from './image.js';
import { buildctl, buildkitd as daemon } from './inputs.js';

/** The optional builder of Dockerfiles (`dist/optional/buildkitd.yaml`): buildkitd, runc that runs its containers, and buildctl for its probes. */
export const buildkitd: Image = {
  name: 'octopipeline-buildkitd',
  description: 'BuildKit for the octopipeline Tekton catalog',
  // git and openssh-client fetch what a Dockerfile adds from a repository; tar, gzip and xz-utils unpack what it adds as an archive.
  packages: [
    'base-files',
    'ca-certificates',
    'coreutils',
    'dash',
    'git',
    'gzip',
    'openssh-client',
    'runc',
    'tar',
    'xz-utils',
  ],
  systemPrograms: ['runc'],
  tools: [buildctl, daemon],
  settings: {},
  mountPoints: ['/var/lib/buildkit', '/etc/buildkit'],
  links: {},
  user: { name: 'root', id: 0, home: '/root' },
  workingDirectory: '/',
  entrypoint: ['buildkitd'],
  environment: {
    // As in BuildKit's own image: on cgroup v2 the pod's processes move into a separate group, so that builds get sibling groups.
    BUILDKIT_SETUP_CGROUPV2_ROOT: '1',
    HOME: '/root',
    LANG: 'C.UTF-8',
    PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/bin',
  },
};
