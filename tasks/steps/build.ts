import { dockerfileOptions } from '../../src/op/images/buildkit/options.js';
import { imageBuildOptions } from '../../src/op/images/plan/options.js';
import { pushOptions } from '../../src/op/images/push/options.js';
import { propertiesOptions } from '../../src/op/kit/config/options.js';
import { type RefsOf, type ResultPaths, result, type TaskWorkspace, text, workspace } from '../../src/tekton/index.js';
import { chainsFlags, type chainsGitResults } from './clone.js';
import { optionParams } from './option-params.js';

const properties = optionParams(propertiesOptions, {
  properties: {
    option: 'config',
    description:
      'Path of a .properties file in the pod. BUILDKIT_HOST, SKAFFOLD_INSECURE_REGISTRY, OP_IMAGE_MIRRORS and OP_STORE can be set only by one of root that nobody else can write, such as a ConfigMap; not by one in the repository, such as /source/source/pipeline.properties',
  },
});

const build = optionParams(imageBuildOptions, {
  'insecure-registries': 'insecureRegistry',
  'image-mirrors': 'imageMirror',
  'build-cache': 'buildCache',
  'cache-trust': 'cacheTrust',
  'build-timeout': 'timeout',
});

/** The params of every Task that builds, with skaffold.yaml or without. */
export const buildParams = { ...properties.params, ...build.params };

const dockerfile = optionParams(dockerfileOptions, {
  'buildkit-host': 'buildkitHost',
  platforms: 'platform',
  attest: 'attest',
});

/** More params of every Task that builds Dockerfiles. */
export const dockerfileParams = dockerfile.params;

/** The param of the directory that a build works in. */
export const repositoryDirectory = {
  option: 'directory',
  default: 'source',
  description: 'Directory of the repository in the workspace',
} as const;

const written = optionParams(pushOptions, {
  'build-result': {
    option: 'buildResult',
    default: 'build_result.json',
    description: 'Path of the image list in the workspace; later Tasks read it',
  },
});

/** The param of every Task that writes an image list. */
export const writtenParams = written.params;

/** The param of the directory for the SBOMs of buildpacks. */
export const sbomDirectory = {
  option: 'sbomOutput',
  default: 'sbom',
  description: 'Directory in the workspace for the SBOMs that buildpacks create',
} as const;

/**
 * A Secret for the one step that names it. Not below /workspace, which is the application's directory: whatever is mounted there would
 * become part of the image.
 */
const secret = (name: string, description: string) =>
  workspace.secret({ optional: true, mountPath: `/secrets/${name}`, description });

/** The registry's credentials; only the step that builds sees them. */
export const dockerconfig = secret(
  'dockerconfig',
  'Registry credentials: a kubernetes.io/dockerconfigjson Secret, or a config.json',
);

/** Secrets that BuildKit and Dockerfiles may need; only the step that builds sees them. */
export const dockerfileWorkspaces = {
  'buildkit-client': secret(
    'buildkit-client',
    'Client certificate for BuildKit: a Secret with ca.crt, tls.crt and tls.key',
  ),
  'build-secrets': secret(
    'build-secrets',
    'Secrets for Dockerfiles: RUN --mount=type=secret reads the file named after its id, type=ssh reads ssh-privatekey',
  ),
};

/** The results of every Task that pushes. Source of the names: Tekton Chains' type hints. */
export const imageResults = {
  IMAGE_URL: result.string({
    description: 'The application image (the last of the list) if this run built it, without its digest',
  }),
  IMAGE_DIGEST: result.string({ description: 'Its digest, sha256:…' }),
  IMAGES: result.string({ description: 'All images that this run built, as ref@digest, comma-separated' }),
  REUSED_IMAGES: result.string({
    description: 'Images of the list that this run found in the registry, and did not build',
  }),
  LIST_DIGEST: result.string({ description: 'Digest of the image list; later Tasks refuse another list' }),
};

/** CPU and memory requests of a build; a platform team can configure its own. */
export const computeResources = { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '4Gi' } } as const;

interface BuildScope {
  readonly params: RefsOf<typeof buildParams, 'task'>;
  readonly workspaces: { readonly dockerconfig: TaskWorkspace };
}

/** The flags for {@link buildParams} and the registry's credentials. */
export const buildFlags = ({ params, workspaces }: BuildScope) => [
  ...properties.flags(params),
  ...build.flags(params, { dockerconfig: workspaces.dockerconfig.path }),
];

interface DockerfileScope {
  readonly params: RefsOf<typeof dockerfileParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof dockerfileWorkspaces]: TaskWorkspace };
}

/** The flags for {@link dockerfileParams} and {@link dockerfileWorkspaces}. */
export const dockerfileFlags = ({ params, workspaces }: DockerfileScope) =>
  dockerfile.flags(params, {
    buildkitTls: workspaces['buildkit-client'].path,
    secrets: workspaces['build-secrets'].path,
  });

interface OutputScope {
  readonly params: RefsOf<typeof writtenParams, 'task'>;
  readonly results: ResultPaths<typeof imageResults & typeof chainsGitResults>;
  readonly workspaces: { readonly source: TaskWorkspace };
}

/** The flag for the list that a build writes. */
export const listFlags = ({ params, workspaces }: Pick<OutputScope, 'params' | 'workspaces'>) =>
  written.flags(params, { buildResult: text`${workspaces.source.path}/${params['build-result']}` });

/** The flags for the outputs of a build that pushes, except for its source. */
export const imageFlags = (results: ResultPaths<typeof imageResults>) => [
  text`--result=IMAGE_URL=${results.IMAGE_URL.path}`,
  text`--result=IMAGE_DIGEST=${results.IMAGE_DIGEST.path}`,
  text`--result=IMAGES=${results.IMAGES.path}`,
  text`--result=REUSED_IMAGES=${results.REUSED_IMAGES.path}`,
  text`--result=LIST_DIGEST=${results.LIST_DIGEST.path}`,
];

/** The flags for all outputs of a build in whose container no code of the repository runs. */
export const outputFlags = (scope: OutputScope) => [
  ...listFlags(scope),
  ...imageFlags(scope.results),
  ...chainsFlags(scope.results),
];
