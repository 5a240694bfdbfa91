import { option, type RequestOf } from '../../kit/options/option.js';

/** The options of `op mirror deploy`. */
export const deployOptions = {
  namespace: option.text('namespace of the workload, its ConfigMaps, volumes and Secret', {
    value: '<name>',
    default: 'oc-mirror',
  }),
  environment: option.text('name in the names of all objects, such as oc-mirror-ENVIRONMENT-config', {
    value: '<name>',
    otherwise: 'none: oc-mirror-config',
  }),
  imageConfigmap: option.text('ConfigMap with image-url and image-digest of an image with oc-mirror', {
    value: '<name>',
    default: 'oc-mirror-images',
  }),
  imageNamespace: option.text('namespace of this ConfigMap', {
    value: '<name>',
    otherwise: "the namespace of the kubeconfig, or the pod's",
  }),
  imagesetConfigmap: option.text('ConfigMap whose imageset.yaml is taken, in place of one made of values', {
    value: '<name>',
  }),
  valuesConfigmap: option.text("ConfigMap with AutoShift's values files, *.yaml", { value: '<name>' }),
  values: option.text("AutoShift's values file, or a directory of them", { value: '<path>' }),
  valuesDirectory: option.text('directory of --values, such as a clone; nothing outside of it is read', {
    value: '<dir>',
    default: '.',
  }),
  operatorsOnly: option.flag('without OpenShift itself'),
  openshiftOnly: option.flag('without operators'),
  openshiftVersion: option.text('OpenShift version X.Y or X.Y.Z, instead of those of the values', {
    value: '<version>',
  }),
  strict: option.flag('refuse whatever would be left out of the values, instead of a warning'),
  deployMode: option.choice(
    'a Job now, a CronJob, or a CronJob that is suspended until it is started by hand; deployment is the same as suspended',
    ['job', 'cronjob', 'suspended', 'deployment'],
    { default: 'job' },
  ),
  schedule: option.text('cronjob: when it starts', { value: '<cron>', default: '0 2 * * 0' }),
  timeZone: option.text('cronjob: time zone of the schedule', { value: '<name>', default: 'Etc/UTC' }),
  workflow: option.choice(
    'how the images go',
    ['workflow-to-disk', 'workflow-direct', 'workflow-from-disk', 'to-disk', 'direct', 'from-disk'],
    { default: 'workflow-to-disk' },
  ),
  targetRegistry: option.text('direct, from-disk: the registry, and a path in it', { value: '<registry[/path]>' }),
  incrementalMode: option.flag('to-disk: only what is new since the newest run', { default: true }),
  sinceDate: option.text('to-disk: what is new since the newest run on or before this day (UTC)', {
    value: '<YYYY-MM-DD>',
  }),
  dryRun: option.flag('oc-mirror lists what it would copy'),
  contentClaim: option.text('claim of the volume with archives or the workspace of oc-mirror', {
    value: '<name>',
    default: 'oc-mirror-content',
  }),
  cacheClaim: option.text('claim of the volume with the cache of oc-mirror', {
    value: '<name>',
    default: 'oc-mirror-cache',
  }),
  pullSecret: option.text('Secret with the credentials of all registries, as .dockerconfigjson', {
    value: '<name>',
    default: 'oc-mirror-pull-secret',
  }),
  serviceAccount: option.text('ServiceAccount of the workload; it needs no rights', {
    value: '<name>',
    default: 'oc-mirror',
  }),
  runAsUser: option.text('user ID of the workload; none lets the cluster choose, as OpenShift does', {
    value: '<number>',
    default: '65532',
  }),
  jobTimeout: option.duration('time limit for a run of oc-mirror', { default: '24h' }),
  opImage: option.text('image of octopipeline, from which op comes into the pod', {
    value: '<image>',
    required: { why: 'the pod runs oc-mirror with op', hint: 'give the image of octopipeline, by digest' },
  }),
  run: option.text('name for this deployment: another call with it waits for the same Job', {
    value: '<name>',
    otherwise: 'a new one',
  }),
  timeout: option.duration('job: how long to wait for its end', { default: '50m' }),
};

export type DeployRequest = RequestOf<typeof deployOptions>;
