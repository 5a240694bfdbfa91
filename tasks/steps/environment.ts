import { environmentOptions } from '../../src/op/delivery/environments/options.js';
import { leaseOptions } from '../../src/op/delivery/lease/options.js';
import { imagesOptions } from '../../src/op/images/publish/options.js';
import { propertiesOptions } from '../../src/op/kit/config/options.js';
import { registryOptions } from '../../src/op/systems/registry/options.js';
import {
  param,
  type RefsOf,
  type StringRef,
  type TaskWorkspace,
  type Text,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { dockerconfig } from './build.js';
import { sourceWorkspace } from './clone.js';
import { optionParams } from './option-params.js';
import { apiToken, restricted } from './restricted.js';

const environment = optionParams(
  { ...environmentOptions, ...leaseOptions },
  {
    component: 'component',
    namespace: 'namespace',
    'lease-holder': 'leaseHolder',
    'lease-wait': 'leaseWait',
  },
);

/** The params of every Task that works on an environment. */
export const environmentParams = {
  environment: param.string({ description: 'Name of the environment in environments.yaml, such as dev' }),
  ...environment.params,
};

/** The param of a path in the workspace. */
export const imageList = {
  option: 'buildResult',
  default: 'build_result.json',
  description: 'Path of the image list in the workspace',
} as const;

/** The param of the digest of the list, which binds it to the Task that wrote it. */
export const listDigest = {
  option: 'listDigest',
  description:
    'Result LIST_DIGEST of the Task that wrote the image list; another list is refused (default: not checked)',
} as const;

const images = optionParams(imagesOptions, {
  'build-result': imageList,
  'list-digest': listDigest,
  'image-name': 'imageName',
});

/** The params of every Task that reads the image list. */
export const imagesParams = images.params;

const imageInfo = optionParams(imagesOptions, {
  'from-image-info': 'fromImageInfo',
  'configmap-prefix': 'configmapPrefix',
});

/** More params of every Task that can use published images instead. */
export const imageInfoParams = imageInfo.params;

const properties = optionParams(propertiesOptions, {
  properties: {
    option: 'config',
    description: 'Path in the pod of a .properties file with the repositories of the environments',
  },
});

const registry = optionParams(registryOptions, { 'insecure-registries': 'insecureRegistry' });

/** The params of every Task that talks to registries. */
export const registryParams = { ...properties.params, ...registry.params };

/** Which environments there are, and how to reach their clusters. */
export const environmentWorkspaces = {
  environments: workspace.config({
    optional: true,
    mountPath: '/environments',
    description: 'ConfigMap with environments.yaml: the environments, in the order of promotion',
  }),
  kubeconfigs: workspace.secret({
    optional: true,
    mountPath: '/secrets/kubeconfigs',
    description: 'Kubeconfig files that environments.yaml names, for environments in other clusters',
  }),
};

/** The workspaces of every Task that reads the image list. */
export const imagesWorkspaces = { source: sourceWorkspace, dockerconfig };

/** The base of such a Task: Pod Security `restricted`, and a volume with a token for the steps that mount it. */
export const withApiToken = {
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, apiToken.volume],
};

/** What a step reads of the Task around it. */
export interface EnvironmentScope {
  readonly params: RefsOf<typeof environmentParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof environmentWorkspaces]: TaskWorkspace };
}

/**
 * The flags for {@link environmentParams}, but for the environment itself, which commands name differently.
 * @param keep whether the next step of the pod continues with the Lease
 */
export const environmentFlags = ({ params, workspaces }: EnvironmentScope, keep: boolean) =>
  environment.flags(params, {
    environments: workspaces.environments.path,
    kubeconfigs: workspaces.kubeconfigs.path,
    keepLease: `${keep}`,
  });

interface ImageInfoScope {
  readonly params: RefsOf<typeof imageInfoParams, 'task'>;
  readonly context: { readonly taskRun: { readonly namespace: StringRef<'task'> } };
}

/** The flags for {@link imageInfoParams}: image info is in the namespace of the run, whatever the environment. */
export const imageInfoFlags = ({ params, context }: ImageInfoScope) =>
  imageInfo.flags(params, { imageInfoNamespace: context.taskRun.namespace });

interface RegistryScope {
  readonly params: RefsOf<typeof registryParams, 'task'>;
  readonly workspaces: { readonly dockerconfig: TaskWorkspace };
}

/** The flags for {@link registryParams} and the registry's credentials. */
export const registryFlags = ({ params, workspaces }: RegistryScope) => [
  ...properties.flags(params),
  ...registry.flags(params, { dockerconfig: workspaces.dockerconfig.path }),
];

interface ImagesScope {
  readonly params: RefsOf<typeof imagesParams, 'task'>;
  readonly workspaces: { readonly source: TaskWorkspace };
}

/** An image list that is not that of the params. */
export interface OtherList {
  readonly path: Text<'task'>;
  readonly digest: StringRef<'task'>;
}

/** The flags for {@link imagesParams}. */
export const imagesFlags = ({ params, workspaces: { source } }: ImagesScope, list?: OtherList) =>
  images.flags(params, {
    buildResult: list?.path ?? text`${source.path}/${params['build-result']}`,
    listDigest: list?.digest ?? params['list-digest'],
  });

/** CPU and memory of a step that mostly waits. */
export const waits = { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } } as const;
