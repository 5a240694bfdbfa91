import { option, type RequestOf } from '../../kit/options/option.js';

/** The options that say which environments exist. */
export const environmentsOptions = {
  environments: option.text('file that describes the environments, or its directory', {
    value: '<file>',
    otherwise: 'environments.yaml',
  }),
  kubeconfigs: option.text('directory of the kubeconfig files named there', {
    value: '<dir>',
    otherwise: 'the directory of that file',
  }),
};

export type EnvironmentFlags = RequestOf<typeof environmentsOptions>;

/** The options that say which cluster, and where in it; each wins over the environment. */
const clusterOptions = {
  kubeconfig: option.text('kubeconfig file of the cluster', { value: '<file>', otherwise: 'that of the environment' }),
  context: option.text('context of the kubeconfig', { value: '<name>', otherwise: 'that of the environment' }),
  namespace: option.text('namespace of the component', {
    value: '<name>',
    letter: 'n',
    otherwise: 'that of the environment',
  }),
};

export type ClusterFlags = RequestOf<typeof clusterOptions>;

/** The options of every command that works on an environment. */
export const environmentOptions = {
  ...environmentsOptions,
  component: option.text('HelmRelease, Kustomization or workload that runs the images', {
    value: '<name>',
    otherwise: 'that of the environment',
  }),
  ...clusterOptions,
};
