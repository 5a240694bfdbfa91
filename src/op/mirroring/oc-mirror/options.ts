import { option, type RequestOf } from '../../kit/options/option.js';

/** The options of `op mirror oc-mirror`. */
export const ocMirrorOptions = {
  imageSet: option.text('ImageSetConfiguration: what to copy; v1alpha2 is converted', {
    value: '<file>',
    default: 'imageset.yaml',
  }),
  workflow: option.choice(
    'how the images go: from registry to registry, or by way of archives on a disk',
    ['direct', 'to-disk', 'from-disk', 'workflow-direct', 'workflow-to-disk', 'workflow-from-disk'],
    { default: 'direct' },
  ),
  directory: option.text("directory of the archives, or with direct of oc-mirror's workspace; working-dir is in it", {
    value: '<dir>',
    default: 'oc-mirror',
    aliases: ['disk'],
  }),
  to: option.text('direct, from-disk: the registry, and a path in it, that the images go to', {
    value: '<registry[/path]>',
  }),
  cache: option.text('cache of oc-mirror; one run at a time uses it', { value: '<dir>', default: 'oc-mirror-cache' }),
  authfile: option.text('credentials of all registries, as podman and docker write them', {
    value: '<file>',
    variable: 'REGISTRY_AUTH_FILE',
    otherwise: 'where podman and docker keep them',
  }),
  full: option.flag('to-disk: archive everything, also what earlier archives have'),
  incrementalMode: option.flag('to-disk: false is the same as --full', { default: true }),
  since: option.text('to-disk: archive what is new since the newest run on or before this day (UTC)', {
    value: '<YYYY-MM-DD>',
    otherwise: 'the newest run',
  }),
  sinceDate: option.text('the same as --since', { value: '<YYYY-MM-DD>', hidden: true }),
  dryRun: option.flag('copy nothing: oc-mirror lists what it would copy'),
  parallelImages: option.count('images at a time, at most 10', { default: 4 }),
  parallelLayers: option.count('layers of an image at a time, at most 10', { default: 5 }),
  imageTimeout: option.duration('time limit for an image', { default: '10m' }),
  retryTimes: option.count('retries of a request', { default: 5 }),
  retryDelay: option.duration('time between retries; with 0s it doubles', { default: '0s' }),
  sourceTlsVerify: option.flag('verify the certificates of the sources', { default: true }),
  toTlsVerify: option.flag('verify the certificate of --to', { default: true }),
  securePolicy: option.flag('verify signatures, by the policy of containers-policy.json'),
  removeSignatures: option.flag('do not copy the signatures of images'),
  strictArchive: option.flag('to-disk: fail when a file is larger than archiveSize, in place of a larger archive'),
  maxNestedPaths: option.text('direct, from-disk: levels of paths that the registry allows', {
    value: '<number>',
    otherwise: 'no limit',
  }),
  program: option.text('oc-mirror, version 4.18 or newer', { value: '<program>', default: 'oc-mirror' }),
  wait: option.duration('how long to wait while another run uses the cache or the directory', { default: '0s' }),
};

export type OcMirrorRequest = RequestOf<typeof ocMirrorOptions>;
