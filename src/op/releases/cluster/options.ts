import { option } from '../../kit/options/option.js';

/** The label of all runs of items, and of their pods; its value says what it is. */
export const itemLabel = 'octopipeline/release-item';

const store = {
  why: 'it is missing or empty',
  hint: 'give --store=cluster:NAMESPACE, with a namespace that has nothing else, see docs/releases.md',
};

/** Of commands that start and look for TaskRuns. They run in a pod that has the right to the stores, and no code of the repository. */
export const workerOptions = {
  url: option.text('repository with the releases: https, http, ssh or git URL, or user@host:path', {
    value: '<url>',
    required: { why: 'it is missing or empty', hint: 'run op release-worker work --help' },
  }),
  repository: option.text('the repository as references have it: its alias in octopipeline.repo.ts', {
    value: '<name>',
    otherwise: 'host and path of the URL',
  }),
  store: option.text('where state is: cluster:NAMESPACE, or git:URL#BRANCH', { value: '<store>', required: store }),
  intentStore: option.text('where intent is', { value: '<store>', otherwise: 'where state is' }),
  namespace: option.text('namespace of the TaskRuns, and of the store cluster', {
    value: '<name>',
    otherwise: "that of the kubeconfig, or the pod's",
  }),
  wait: option.duration('how long to go on with what ends in that time; what waits for something is not waited for', {
    default: '10m',
  }),
  itemTask: option.text('Task for plans and functions', { value: '<name>', default: 'release-item' }),
  itemTimeout: option.duration('time limit of an item without one of its own', { default: '1h' }),
  itemServiceAccount: option.text('ServiceAccount of pods with code of the repository', {
    value: '<name>',
    default: 'octopipeline-release-item',
  }),
  serviceAccounts: option.list('ServiceAccounts that items may name; none of them may write to the stores', {
    value: '<names>',
    otherwise: 'none',
  }),
  secrets: option.list('Secrets that Tasks and Pipelines of a plan may use', { value: '<names>', otherwise: 'none' }),
  sslVerify: option.flag("verify the TLS certificate of the repository's server", { default: true }),
  basicAuthSecret: option.text('Secret with the username and password for the repository', { value: '<name>' }),
  sshSecret: option.text('Secret with the SSH key for the repository', { value: '<name>' }),
  sslCaConfigmap: option.text('ConfigMap with the certificate authority of its server', { value: '<name>' }),
  holder: option.text('the run that this is, for those who read the documents', {
    value: '<name>',
    otherwise: 'this process',
  }),
};

/** Of `op release-worker start`. */
export const startOptions = {
  file: option.text('file of the release in the repository', {
    value: '<file>',
    required: { why: 'it is missing or empty', hint: 'name one such as --file=shop.release.ts' },
  }),
  revision: option.text('branch, tag or full commit ID; a full name is no tag that is named like the branch', {
    value: '<name>',
    default: 'refs/heads/main',
  }),
  environmentsFile: option.text(
    'the only file of the repository that may add environments, for all repositories of the store',
    {
      value: '<file>',
      otherwise: 'none',
    },
  ),
  force: option.flag('also when there is a release of this commit'),
  ...workerOptions,
};

/** Of `op release-item`: what runs in the pod of an item. */
export const itemOptions = {
  directory: option.text('checkout of the repository', {
    value: '<directory>',
    required: { why: 'it is missing or empty', hint: 'the Task release-item gives it' },
  }),
  request: option.text('what to do, as op release-worker packs it', {
    value: '<word>',
    required: { why: 'it is missing or empty', hint: 'op release-worker gives it' },
  }),
};
