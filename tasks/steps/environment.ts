import {
  flag,
  param,
  type RefsOf,
  type StringRef,
  type TaskWorkspace,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { dockerconfig } from './build.js';
import { sourceWorkspace } from './clone.js';
import { apiToken, restricted } from './restricted.js';

export const yesOrNo = ['true', 'false'] as const;

/** What every Task takes that touches an environment. */
export const environmentParams = {
  environment: param.string({ description: 'The environment, by its name in environments.yaml, such as dev' }),
  component: param.string({
    default: '',
    description: 'HelmRelease, Kustomization or workload that runs the images; empty: that of environments.yaml',
  }),
  namespace: param.string({
    default: '',
    description: 'Where the component is; empty: that of environments.yaml, else the namespace of the run',
  }),
  'lease-holder': param.string({
    default: '',
    description:
      'Who holds the Lease of the environment meanwhile, such as pipelinerun/NAMESPACE/NAME/UID, so that runs do not interleave; empty: no Lease',
  }),
  'lease-wait': param.duration({ default: '30m', description: 'How long to wait while another run holds the Lease' }),
};

/** What a Task takes that needs the list of images. */
export const imagesParams = {
  'build-result': param.string({
    default: 'build_result.json',
    description: 'Path in the workspace of the list of images',
  }),
  'image-name': param.string({
    default: '',
    description: 'Only these images of the list, by their names in skaffold.yaml, separated by commas',
  }),
};

/** What a Task takes beside {@link imagesParams} that may also take what was published. */
export const imageInfoParams = {
  'from-image-info': param.oneOf(yesOrNo, {
    default: 'false',
    description: 'Whether the images are those of the ConfigMaps with image info, not those of the list',
  }),
  'configmap-prefix': param.string({ default: 'image-info', description: 'First part of the names of the ConfigMaps' }),
};

/** What a Task takes that asks registries. */
export const registryParams = {
  properties: param.string({
    default: '',
    description: 'Path in the pod of a .properties file with the repositories of the environments',
  }),
  'insecure-registries': param.string({
    default: '',
    description:
      'Registries to speak plain HTTP with, separated by commas; localhost and private IPv4 addresses are known',
  }),
};

/** Which environments there are, and how their clusters are reached. */
export const environmentWorkspaces = {
  environments: workspace.config({
    optional: true,
    mountPath: '/environments',
    description: 'A ConfigMap with environments.yaml: the environments in the order of promotion',
  }),
  kubeconfigs: workspace.secret({
    optional: true,
    mountPath: '/secrets/kubeconfigs',
    description: 'The kubeconfig files that environments.yaml names, for environments in other clusters',
  }),
};

/** What a Task is given that needs the list of images. */
export const imagesWorkspaces = { source: sourceWorkspace, dockerconfig };

/** What every step of such a Task has: Pod Security `restricted`, and at hand a token that it has to mount. */
export const withApiToken = {
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, apiToken.volume],
};

/** What a step reads of the Task around it. */
export interface EnvironmentScope {
  readonly params: RefsOf<typeof environmentParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof environmentWorkspaces]: TaskWorkspace };
}

/** The flags for {@link environmentParams}; with `keep` the next step of the pod goes on with the Lease. */
export const environmentFlags = ({ params, workspaces }: EnvironmentScope, keep: boolean) => [
  flag('environment', params.environment),
  ...placeFlags({ params, workspaces }, keep),
];

/** {@link environmentFlags} for a command that has another word for the environment. */
export const placeFlags = ({ params, workspaces }: EnvironmentScope, keep: boolean) => [
  flag('environments', workspaces.environments.path),
  flag('kubeconfigs', workspaces.kubeconfigs.path),
  flag('component', params.component),
  flag('namespace', params.namespace),
  flag('lease-holder', params['lease-holder']),
  flag('lease-wait', params['lease-wait']),
  text`--keep-lease=${keep ? 'true' : 'false'}`,
];

interface ImageInfoScope {
  readonly params: RefsOf<typeof imageInfoParams, 'task'>;
  readonly context: { readonly taskRun: { readonly namespace: StringRef<'task'> } };
}

/** The flags for {@link imageInfoParams}: image info is where the run is, whatever the environment. */
export const imageInfoFlags = ({ params, context }: ImageInfoScope) => [
  flag('from-image-info', params['from-image-info']),
  flag('image-info-namespace', context.taskRun.namespace),
  flag('configmap-prefix', params['configmap-prefix']),
];

interface RegistryScope {
  readonly params: RefsOf<typeof registryParams, 'task'>;
  readonly workspaces: { readonly dockerconfig: TaskWorkspace };
}

/** The flags for {@link registryParams} and the registry's credentials. */
export const registryFlags = ({ params, workspaces }: RegistryScope) => [
  flag('config', params.properties),
  flag('insecure-registry', params['insecure-registries']),
  flag('dockerconfig', workspaces.dockerconfig.path),
];

/** The flag for the list of images, as it is in the workspace. */
export const buildResultFlag = (
  params: RefsOf<Pick<typeof imagesParams, 'build-result'>, 'task'>,
  source: TaskWorkspace,
) => text`--build-result=${source.path}/${params['build-result']}`;

/** CPU and memory of a step that mostly waits. */
export const waits = { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } } as const;
