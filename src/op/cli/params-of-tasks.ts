/**
 * The params of the catalog's Tasks that set the flags of a command, where a person sees flags in a message and has only params. The
 * catalog's tests compare this list with `dist/`.
 */
export const paramsOfTasks: Readonly<Record<string, ParamsOfCommand>> = {
  build: {
    same: [
      'directory',
      'skaffold-file',
      'profile',
      'engine',
      'allow-custom',
      'jobs',
      'builder',
      'buildkit-host',
      'attest',
      'build-cache',
      'cache-trust',
    ],
    other: {
      'default-repo': 'repository',
      'sbom-output': 'sbom-directory',
      platform: 'platforms',
      config: 'properties',
      'insecure-registry': 'insecure-registries',
      'image-mirror': 'image-mirrors',
      timeout: 'build-timeout',
    },
  },
  'build-buildpacks': {
    same: [
      'image',
      'directory',
      'context',
      'builder',
      'run-image',
      'env',
      'build-cache',
      'cache-trust',
      'build-result',
    ],
    other: {
      buildpack: 'buildpacks',
      'sbom-output': 'sbom-directory',
      config: 'properties',
      'insecure-registry': 'insecure-registries',
      'image-mirror': 'image-mirrors',
      timeout: 'build-timeout',
    },
  },
  'build-dockerfile': {
    same: [
      'image',
      'directory',
      'context',
      'dockerfile',
      'target',
      'build-args',
      'buildkit-host',
      'attest',
      'build-cache',
      'cache-trust',
      'build-result',
    ],
    other: {
      'no-cache': 'rebuild',
      platform: 'platforms',
      config: 'properties',
      'insecure-registry': 'insecure-registries',
      'image-mirror': 'image-mirrors',
      timeout: 'build-timeout',
    },
  },
  'build-push': {
    same: [
      'directory',
      'skaffold-file',
      'profile',
      'engine',
      'allow-custom',
      'jobs',
      'builder',
      'buildkit-host',
      'attest',
      'build-cache',
      'cache-trust',
      'rebuild',
      'reuse-content',
      'build-result',
    ],
    other: {
      'default-repo': 'repository',
      'sbom-output': 'sbom-directory',
      platform: 'platforms',
      config: 'properties',
      'insecure-registry': 'insecure-registries',
      'image-mirror': 'image-mirrors',
      timeout: 'build-timeout',
    },
  },
  'check-delivery': {
    same: ['through', 'until', 'repository'],
    other: {},
  },
  'git-clone': {
    same: [
      'url',
      'revision',
      'refspec',
      'depth',
      'submodules',
      'submodule-credentials',
      'subdirectory',
      'delete-existing',
      'ssl-verify',
    ],
    other: { timeout: 'clone-timeout' },
  },
  head: {
    same: ['directory'],
    other: {},
  },
  'helm-test': {
    same: ['environment', 'release', 'allow-no-tests', 'component', 'namespace', 'lease-holder', 'lease-wait'],
    other: { timeout: 'test-timeout' },
  },
  'promote-image': {
    same: [
      'until',
      'allow-skip',
      'overwrite',
      'referrers',
      'require-signature',
      'component',
      'namespace',
      'lease-holder',
      'lease-wait',
      'build-result',
      'list-digest',
      'image-name',
      'from-image-info',
      'configmap-prefix',
      'dry-run',
    ],
    other: {
      source: 'from',
      destination: 'environment',
      timeout: 'promotion-timeout',
      config: 'properties',
      'insecure-registry': 'insecure-registries',
    },
  },
  publish: {
    same: [
      'build-result',
      'list-digest',
      'image-name',
      'git-revision',
      'git-url',
      'reused-images',
      'configmap-prefix',
      'configmap',
    ],
    other: { timeout: 'publish-timeout' },
  },
  push: {
    same: [
      'directory',
      'skaffold-file',
      'profile',
      'engine',
      'allow-custom',
      'jobs',
      'builder',
      'buildkit-host',
      'attest',
      'build-cache',
      'cache-trust',
      'rebuild',
      'reuse-content',
      'destination',
      'push-all',
      'build-result',
    ],
    other: {
      'default-repo': 'repository',
      'sbom-output': 'sbom-directory',
      platform: 'platforms',
      config: 'properties',
      'insecure-registry': 'insecure-registries',
      'image-mirror': 'image-mirrors',
      timeout: 'build-timeout',
    },
  },
  record: {
    same: ['build-result', 'repository'],
    other: {},
  },
  'release-item': { same: ['request'], other: { directory: 'subdirectory' } },
  'release-worker': {
    same: [
      'file',
      'revision',
      'environments-file',
      'force',
      'url',
      'repository',
      'store',
      'intent-store',
      'wait',
      'item-timeout',
      'item-service-account',
      'service-accounts',
      'secrets',
      'ssl-verify',
      'basic-auth-secret',
      'ssh-secret',
      'ssl-ca-configmap',
    ],
    other: {},
  },
  'set-image': {
    same: [
      'environment',
      'component',
      'namespace',
      'lease-holder',
      'lease-wait',
      'image-name',
      'build-result',
      'list-digest',
    ],
    other: {
      config: 'properties',
      repository: 'manifests-url',
      branch: 'manifests-branch',
      'when-configured': 'manifests-optional',
      'author-name': 'manifests-author-name',
      'author-email': 'manifests-author-email',
      'ssl-verify': 'manifests-ssl-verify',
      timeout: 'set-image-timeout',
    },
  },
  'watch-deployment': {
    same: [
      'environment',
      'kind',
      'allow-tag',
      'allow-unused',
      'reconcile',
      'component',
      'namespace',
      'lease-holder',
      'lease-wait',
      'image-name',
      'build-result',
      'list-digest',
      'from-image-info',
      'configmap-prefix',
    ],
    other: { timeout: 'watch-timeout', config: 'properties', 'insecure-registry': 'insecure-registries' },
  },
};

/** Names without dashes. */
export interface ParamsOfCommand {
  /** Flags whose params have the same name. */
  readonly same: readonly string[];
  /** The params of other flags. */
  readonly other: Readonly<Record<string, string>>;
}

/**
 * The params for the flags of a command that a text names; undefined if it names none that has a param.
 * @example paramsNamed('build-push', 'allow more with --timeout') === 'in a Task: the param build-timeout for --timeout'
 */
export function paramsNamed(command: string, text: string): string | undefined {
  const { same = [], other = {} } = paramsOfTasks[command] ?? {};
  const flags = [...new Set([...text.matchAll(/(?<![\w-])--([a-z][a-z-]*[a-z])/gu)].map(([, flag = '']) => flag))];
  const named = flags.flatMap((flag) => {
    if (same.includes(flag)) return [`the param ${flag}`];
    return Object.hasOwn(other, flag) ? [`the param ${other[flag]} for --${flag}`] : [];
  });
  return named.length === 0 ? undefined : `in a Task: ${named.join(', ')}`;
}
