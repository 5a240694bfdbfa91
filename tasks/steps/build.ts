import {
  flag,
  param,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { chainsFlags, type chainsGitResults } from './clone.js';

/** What every Task takes that builds, with skaffold.yaml or without. */
export const buildParams = {
  properties: param.string({
    default: '',
    description: 'Path in the pod of a .properties file, such as /source/source/pipeline.properties',
  }),
  'insecure-registries': param.string({
    default: '',
    description:
      'Registries to speak plain HTTP with, separated by commas; localhost and private IPv4 addresses are known',
  }),
  'image-mirrors': param.string({
    default: '',
    description:
      'Where base and run images of a registry are taken from, such as docker.io=mirror.example.com/hub, separated by commas',
  }),
  'build-cache': param.string({
    default: '',
    description: 'Registry and path for what later builds can use again, a repository for each image; empty for none',
  }),
  'build-timeout': param.duration({ default: '45m', description: 'How long the build may take' }),
};

/** What every Task takes beside {@link buildParams} that builds Dockerfiles. */
export const dockerfileParams = {
  'buildkit-host': param.string({
    default: '',
    description: 'BuildKit that builds Dockerfiles, such as tcp://buildkitd.octopipeline-buildkit.svc:1234',
  }),
  platforms: param.string({
    default: '',
    description: "Platforms to build for, such as linux/amd64,linux/arm64; empty for the builder's own",
  }),
  attest: param.string({
    default: '',
    description:
      'What BuildKit states about an image and pushes with it: sbom, provenance, or both, as sbom,provenance',
  }),
};

/** The list of images, which later Tasks read. */
export const buildResultParam = param.string({
  default: 'build_result.json',
  description: 'Path in the workspace of the list of images, which later Tasks read',
});

/** Where the software of images that buildpacks make is listed. */
export const sbomDirectoryParam = param.string({
  default: 'sbom',
  description: 'Path in the workspace of a directory for the SBOMs that buildpacks make',
});

/**
 * A Secret for the one step that names it. Not below /workspace, which is the application's directory: a directory that is mounted
 * there would be part of the image.
 */
const secret = (name: string, description: string) =>
  workspace.secret({ optional: true, mountPath: `/secrets/${name}`, description });

/** The registry's credentials; only the step that builds sees them. */
export const dockerconfig = secret(
  'dockerconfig',
  'Credentials of registries: a kubernetes.io/dockerconfigjson Secret, or a config.json',
);

/** What BuildKit and Dockerfiles may need; only the step that builds sees it. */
export const dockerfileWorkspaces = {
  'buildkit-client': secret(
    'buildkit-client',
    'The client certificate for BuildKit: a Secret with ca.crt, tls.crt and tls.key',
  ),
  'build-secrets': secret(
    'build-secrets',
    'Secrets of Dockerfiles: each file serves RUN --mount=type=secret with its name as id, ssh-privatekey serves type=ssh',
  ),
};

/** What every Task that pushes gives. Source of the names: Tekton Chains' type hints. */
export const imageResults = {
  IMAGE_URL: result.string({ description: 'The application image (the last that was built), without digest' }),
  IMAGE_DIGEST: result.string({ description: 'Its digest, sha256:…' }),
  IMAGES: result.string({ description: 'All images, ref@digest, separated by commas' }),
};

/** CPU and memory that a build asks for; a platform team sets its own by configuration. */
export const computeResources = { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '4Gi' } } as const;

interface BuildScope {
  readonly params: RefsOf<typeof buildParams, 'task'>;
  readonly workspaces: { readonly dockerconfig: TaskWorkspace };
}

/** The flags for {@link buildParams} and the registry's credentials. */
export const buildFlags = ({ params, workspaces }: BuildScope) => [
  flag('config', params.properties),
  flag('insecure-registry', params['insecure-registries']),
  flag('image-mirror', params['image-mirrors']),
  flag('build-cache', params['build-cache']),
  flag('dockerconfig', workspaces.dockerconfig.path),
  flag('timeout', params['build-timeout']),
];

interface DockerfileScope {
  readonly params: RefsOf<typeof dockerfileParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof dockerfileWorkspaces]: TaskWorkspace };
}

/** The flags for {@link dockerfileParams} and {@link dockerfileWorkspaces}. */
export const dockerfileFlags = ({ params, workspaces }: DockerfileScope) => [
  flag('buildkit-host', params['buildkit-host']),
  flag('buildkit-tls', workspaces['buildkit-client'].path),
  flag('secrets', workspaces['build-secrets'].path),
  flag('platform', params.platforms),
  flag('attest', params.attest),
];

interface OutputScope {
  readonly params: RefsOf<{ readonly 'build-result': typeof buildResultParam }, 'task'>;
  readonly results: ResultPaths<typeof imageResults & typeof chainsGitResults>;
  readonly workspaces: { readonly source: TaskWorkspace };
}

/** The flags for what a build that pushes leaves behind. */
export const outputFlags = ({ params, results, workspaces }: OutputScope) => [
  text`--build-result=${workspaces.source.path}/${params['build-result']}`,
  text`--result=IMAGE_URL=${results.IMAGE_URL.path}`,
  text`--result=IMAGE_DIGEST=${results.IMAGE_DIGEST.path}`,
  text`--result=IMAGES=${results.IMAGES.path}`,
  ...chainsFlags(results),
];
