import type { Plannable } from './shape.js';

const daemonOnly = { DOCKER_HOST: 'tcp://docker.test:2375', BUILDKIT_HOST: '' };

/** Shapes found in public repositories; a new one is a directory and an entry. */
export const plannable: readonly Plannable[] = [
  {
    name: 'accepts a minimal file: one image, and a Dockerfile at the root',
    from: 'one-dockerfile',
    plan: ['1 hello hello:COMMIT docker/buildkit .'],
  },
  {
    name: 'keeps the names of skaffold.yaml when no registry is configured',
    from: 'image-names',
    repository: null,
    plan: [
      '1 gcr.io/acme/web gcr.io/acme/web:COMMIT docker/buildkit app',
      '1 europe-west1-docker.pkg.dev/acme/images/job-runner europe-west1-docker.pkg.dev/acme/images/job-runner:COMMIT docker/buildkit app',
      '1 localhost:5001/tools/probe localhost:5001/tools/probe:COMMIT docker/buildkit app',
      '1 bob/auth bob/auth:COMMIT docker/buildkit app',
      '1 plain_name.with-all plain_name.with-all:COMMIT docker/buildkit app',
      '1 docker.io/library/mine docker.io/library/mine:COMMIT docker/buildkit app',
    ],
  },
  {
    name: 'turns names with a registry or a slash into one path segment, as Skaffold does',
    from: 'image-names',
    plan: [
      '1 gcr.io/acme/web gcr_io_acme_web:COMMIT docker/buildkit app',
      '1 europe-west1-docker.pkg.dev/acme/images/job-runner europe-west1-docker_pkg_dev_acme_images_job-runner:COMMIT docker/buildkit app',
      '1 localhost:5001/tools/probe localhost_5001_tools_probe:COMMIT docker/buildkit app',
      '1 bob/auth bob_auth:COMMIT docker/buildkit app',
      '1 plain_name.with-all plain_name_with-all:COMMIT docker/buildkit app',
      '1 docker.io/library/mine docker_io_library_mine:COMMIT docker/buildkit app',
    ],
  },
  {
    name: 'keeps the common prefix of a name and a default repository of gcr.io',
    from: 'image-names',
    repository: 'gcr.io/acme',
    change: (yaml) => yaml.split('    - image: europe')[0] ?? '',
    plan: ['1 gcr.io/acme/web web:COMMIT docker/buildkit app'],
  },
  {
    name: 'accepts skaffold/v2beta29 with one service per folder',
    from: 'three-services',
    plan: [
      '1 shop-frontend shop-frontend:COMMIT docker/buildkit frontend',
      '1 shop-api shop-api:COMMIT docker/buildkit api',
      '1 shop-worker shop-worker:COMMIT docker/buildkit worker',
    ],
  },
  {
    name: 'accepts skaffold/v3 with manifests',
    from: 'manifests-v3',
    plan: ['1 guestbook guestbook:COMMIT docker/buildkit src'],
  },
  ...['skaffold/v4beta2', 'skaffold/v4beta6', 'skaffold/v4beta13'].map((version) => ({
    name: `accepts ${version} for the same file`,
    from: 'manifests-v3',
    change: (yaml: string) => yaml.replace('skaffold/v3', version),
    plan: ['1 guestbook guestbook:COMMIT docker/buildkit src'],
  })),
  {
    name: 'reads modules in other files, once each, and only the selected configurations',
    from: 'modules',
    plan: [
      '1 accounts-db accounts-db:COMMIT docker/buildkit src/accounts-db',
      '1 userservice userservice:COMMIT docker/buildkit src/accounts/userservice',
      '1 contacts contacts:COMMIT docker/buildkit src/accounts/contacts',
      '1 ledgerwriter ledgerwriter:COMMIT jib/skaffold src/ledger',
      '1 frontend frontend:COMMIT docker/buildkit src/frontend',
    ],
  },
  {
    name: 'reads several configurations in one file, even one that builds nothing',
    from: 'configs-in-one-file',
    plan: [
      '1 mailer mailer:COMMIT docker/buildkit mailer',
      '1 cart cart:COMMIT docker/buildkit cart',
      '1 loadgenerator loadgenerator:COMMIT docker/buildkit load',
    ],
  },
  {
    name: 'finds skaffold.yml where there is no skaffold.yaml',
    from: 'skaffold-yml',
    plan: ['1 hello hello:COMMIT docker/buildkit .'],
  },
  {
    name: 'reads a file in a folder, with contexts relative to the working directory, as Skaffold does',
    from: 'file-in-a-folder',
    file: 'deploy/skaffold.yml',
    plan: ['1 portal portal:COMMIT docker/buildkit portal', '1 proxy proxy:COMMIT docker/buildkit deploy/proxy'],
  },
  {
    name: 'orders an image before those that are built from it, and accepts many images of one context',
    from: 'base-with-alias',
    plan: [
      '1 rust-builder rust-builder:COMMIT docker/buildkit .',
      '2 controller controller:COMMIT docker/buildkit . rust-builder',
      '3 mock-server mock-server:COMMIT docker/buildkit . rust-builder,controller',
      '1 docs-site docs-site:COMMIT docker/buildkit .',
    ],
  },
  {
    name: 'accepts an image for every target of one Dockerfile',
    from: 'targets-of-one-dockerfile',
    plan: [
      '1 api api:COMMIT docker/buildkit .',
      '1 pubsub pubsub:COMMIT docker/buildkit .',
      '1 tests tests:COMMIT docker/buildkit .',
    ],
  },
  {
    name: 'follows YAML anchors and merge keys',
    from: 'anchors',
    plan: [
      '1 users users:COMMIT docker/buildkit services',
      '2 posts posts:COMMIT docker/buildkit services users',
      '2 comments comments:COMMIT docker/buildkit services users',
    ],
  },
  ...(
    [
      ['a byte order mark', (yaml: string) => `\uFEFF${yaml}`],
      ['the line ends of Windows', (yaml: string) => yaml.replaceAll('\n', '\r\n')],
      ['comments, an empty line and an end mark', (yaml: string) => `# first\n\n---\n${yaml}...\n`],
    ] as const
  ).map(([what, change]) => ({
    name: `accepts a file with ${what}`,
    from: 'anchors',
    change,
    plan: [
      '1 users users:COMMIT docker/buildkit services',
      '2 posts posts:COMMIT docker/buildkit services users',
      '2 comments comments:COMMIT docker/buildkit services users',
    ],
  })),
  {
    name: 'follows a context that is a symbolic link within the repository',
    from: 'linked-context',
    plan: ['1 current current:COMMIT docker/buildkit current'],
  },
  {
    name: 'reports that hooks work only with Skaffold',
    from: 'local-with-everything',
    plan: ['1 api api:COMMIT docker/- api'],
    why: { api: 'hooks.before works only with Skaffold, which needs a Docker daemon here, and none answers' },
  },
  {
    name: 'accepts all docker.* and local.* settings where a Docker daemon answers',
    from: 'local-with-everything',
    env: daemonOnly,
    plan: ['1 api api:COMMIT docker/skaffold api'],
    why: { api: 'hooks.before works only with Skaffold' },
  },
  {
    name: 'leaves out images of other profiles',
    from: 'profiles',
    plan: ['1 store store:COMMIT docker/buildkit store', '1 admin admin:COMMIT docker/buildkit admin'],
  },
  {
    name: 'applies a profile that adds an image',
    from: 'profiles',
    profiles: ['debug', 'add-one'],
    plan: [
      '1 store store:COMMIT docker/buildkit store',
      '1 admin admin:COMMIT docker/buildkit admin',
      '1 probe probe:COMMIT docker/buildkit admin',
    ],
  },
  {
    name: 'applies a profile that removes one',
    from: 'profiles',
    profiles: ['only-store'],
    plan: ['1 store store:COMMIT docker/buildkit store'],
  },
  {
    name: 'applies a profile that a variable activates',
    from: 'profiles',
    env: { STORE_CI: 'true', BUILD_NUMBER: '7' },
    plan: ['1 store store:build-7 docker/buildkit store', '1 admin admin:build-7 docker/buildkit admin'],
  },
  {
    name: 'does not apply a profile that is deactivated by name',
    from: 'profiles',
    env: { STORE_CI: 'true' },
    profiles: ['-ci'],
    plan: ['1 store store:COMMIT docker/buildkit store', '1 admin admin:COMMIT docker/buildkit admin'],
  },
  {
    name: 'applies a profile that requires all of its variables and changes the builder',
    from: 'profiles',
    env: { STAGE: 'staging', REGION: 'eu' },
    plan: ['1 store store:COMMIT buildpacks/lifecycle store'],
  },
  {
    name: 'applies a profile for the command build',
    from: 'profile-for-the-command',
    plan: ['1 api api:COMMIT docker/buildkit api', '1 api-migrations api-migrations:COMMIT docker/buildkit api'],
  },
  {
    name: 'applies a profile of a module for the command build, and one that also requires a variable',
    from: 'profiles-of-modules',
    env: { WORKER: 'gpu' },
    files: {
      'services/worker/skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts: [{ image: worker }]
profiles:
  - name: release
    activation: [{ command: build|render }]
    patches: [{ op: replace, path: /build/artifacts/0/image, value: worker-release }]
  - name: gpu
    activation: [{ command: build, env: WORKER=gpu }]
    patches: [{ op: add, path: /build/artifacts/0/buildpacks, value: { builder: gpu } }]
  - name: dev
    activation: [{ command: dev }]
    patches: [{ op: replace, path: /build/artifacts/0/image, value: worker-dev }]
`,
    },
    plan: [
      '1 api api:COMMIT docker/buildkit services/api',
      '1 worker-release worker-release:COMMIT buildpacks/lifecycle services/worker',
    ],
  },
  {
    name: 'applies the profiles that the import of a module names',
    from: 'profiles-of-modules',
    profiles: ['small'],
    plan: [
      '1 api-slim api-slim:COMMIT docker/buildkit services/api',
      '1 worker worker:COMMIT docker/buildkit services/worker',
    ],
  },
  {
    name: 'builds the run image of buildpacks first when it is an image of the same file, even without requires',
    from: 'buildpacks-on-own-base',
    plan: ['1 op-base op-base:COMMIT docker/buildkit base', '2 op op:COMMIT buildpacks/lifecycle . op-base'],
  },
  {
    name: 'builds a builder and a run image first when they are named by alias',
    from: 'buildpacks-with-aliases',
    plan: [
      '1 shop/run shop_run:COMMIT docker/buildkit run',
      '1 shop/builder shop_builder:COMMIT docker/buildkit builder',
      '2 shop/app shop_app:COMMIT buildpacks/lifecycle app shop/run,shop/builder',
    ],
  },
  {
    name: 'builds with one builder per language',
    from: 'buildpacks-polyglot',
    plan: [
      '1 go-service go-service:COMMIT buildpacks/lifecycle go',
      '1 node-service node-service:COMMIT buildpacks/lifecycle node',
      '1 python-service python-service:COMMIT buildpacks/lifecycle python',
    ],
  },
  {
    name: 'reports which images need another builder than that of the pod',
    from: 'buildpacks-polyglot',
    flags: ['--builder-container=container', '--builder=docker.io/heroku/builder:24'],
    files: {
      'container/about/lifecycle.toml': '[apis.platform]\nsupported = ["0.12"]\n',
      'container/about/order.toml': '[[order]]\n[[order.group]]\nid = "heroku/nodejs"\nversion = "3.2.0"\n',
      'container/about/run.toml': '[[images]]\nimage = "heroku/heroku:24"\n',
    },
    plan: [
      '1 go-service go-service:COMMIT buildpacks/- go',
      '1 node-service node-service:COMMIT buildpacks/lifecycle node',
      '1 python-service python-service:COMMIT buildpacks/- python',
    ],
    why: {
      'go-service': 'it is built with gcr.io/buildpacks/builder:v1',
      'node-service': 'in the container of docker.io/heroku/builder:24',
      'python-service': 'it is built with paketobuildpacks/builder-jammy-base',
    },
  },
  {
    name: 'chooses an engine for each builder of a mixed file',
    from: 'mixed-builders',
    plan: [
      '1 web web:COMMIT docker/buildkit web',
      '1 ghcr.io/acme/extension ghcr_io_acme_extension:COMMIT ko/skaffold extension',
      '1 ledger ledger:COMMIT jib/skaffold ledger',
      '1 scanner scanner:COMMIT custom/skaffold scanner',
      '1 puller puller:COMMIT bazel/skaffold puller',
      '1 jobs jobs:COMMIT buildpacks/lifecycle jobs',
    ],
  },
  {
    name: 'chooses Skaffold for what a Docker daemon can build, unless a BuildKit is configured',
    from: 'mixed-builders',
    env: daemonOnly,
    change: (yaml) => yaml.split('    - image: jobs')[0] ?? '',
    plan: [
      '1 web web:COMMIT docker/skaffold web',
      '1 ghcr.io/acme/extension ghcr_io_acme_extension:COMMIT ko/skaffold extension',
      '1 ledger ledger:COMMIT jib/skaffold ledger',
      '1 scanner scanner:COMMIT custom/skaffold scanner',
      '1 puller puller:COMMIT bazel/skaffold puller',
    ],
    why: { web: 'a Docker daemon answers' },
  },
  {
    name: 'prefers a configured BuildKit to a Docker daemon',
    from: 'one-dockerfile',
    env: { DOCKER_HOST: 'tcp://docker.test:2375' },
    plan: ['1 hello hello:COMMIT docker/buildkit .'],
  },
  {
    name: 'prefers the BuildKit of the command line to that of the environment',
    from: 'one-dockerfile',
    flags: ['--buildkit-host=tcp://other.test:1234'],
    plan: ['1 hello hello:COMMIT docker/buildkit .'],
    why: { hello: '--buildkit-host names tcp://other.test:1234' },
  },
  {
    name: 'uses the requested engine',
    from: 'one-dockerfile',
    env: { DOCKER_HOST: 'tcp://docker.test:2375' },
    flags: ['--engine=skaffold'],
    plan: ['1 hello hello:COMMIT docker/skaffold .'],
    why: { hello: '--engine' },
  },
  {
    name: 'shows images that cannot be built here together with the others',
    from: 'mixed-builders',
    env: { BUILDKIT_HOST: '' },
    plan: [
      '1 web web:COMMIT docker/- web',
      '1 ghcr.io/acme/extension ghcr_io_acme_extension:COMMIT ko/skaffold extension',
      '1 ledger ledger:COMMIT jib/skaffold ledger',
      '1 scanner scanner:COMMIT custom/skaffold scanner',
      '1 puller puller:COMMIT bazel/skaffold puller',
      '1 jobs jobs:COMMIT buildpacks/lifecycle jobs',
    ],
    why: { web: 'a Dockerfile needs BuildKit or a Docker daemon, and neither answers' },
  },
  {
    name: 'leaves kaniko builds in the cluster to Skaffold',
    from: 'kaniko',
    plan: [
      '1 registry.example.com/acme/leeroy registry_example_com_acme_leeroy:latest kaniko/skaffold leeroy',
      '1 registry.example.com/acme/sidecar registry_example_com_acme_sidecar:latest kaniko/skaffold sidecar',
    ],
    why: {
      'registry.example.com/acme/leeroy': 'build.cluster builds it',
      'registry.example.com/acme/sidecar': 'build.cluster builds it',
    },
  },
  {
    name: 'leaves builds with Google Cloud Build to Skaffold',
    from: 'profiles',
    profiles: ['gcb'],
    plan: ['1 store store:COMMIT docker/skaffold store', '1 admin admin:COMMIT docker/skaffold admin'],
    why: { store: 'build.googleCloudBuild builds it', admin: 'build.googleCloudBuild builds it' },
  },
  ...(
    [
      ['the whole commit', 'commit', '*'],
      ['the commit with a prefix', 'prefixed', 'v-COMMIT'],
      ['the git tag, made fit', 'tags', 'rel_1.0'],
      ['the tree of the context', 'tree', '*'],
      ['the whole tree', 'tree-long', '*'],
      ['latest', 'sha256', 'latest'],
      ['the month', 'date', '*'],
      ['a digest of the files', 'inputs', '*'],
      ['a variable and the commit', 'custom', 'v1.2.3-COMMIT'],
    ] as const
  ).map(([what, profile, tag]) => ({
    name: `gives the tags of the policy "${what}"`,
    from: 'tag-policies',
    profiles: [profile],
    tag: 'rel/1.0',
    env: { VERSION: 'v1.2.3' },
    plan: [`1 web web:${tag} docker/buildkit web`, `1 tools/probe tools_probe:${tag} docker/buildkit probe`],
  })),
  {
    name: 'evaluates tag templates with functions',
    from: 'tag-policies',
    profiles: ['env'],
    env: { VERSION: 'v1.2.3' },
    plan: [
      '1 web web:1.2.3-web docker/buildkit web',
      '1 tools/probe tools_probe:1.2.3-tools-probe docker/buildkit probe',
    ],
  },
  {
    name: 'uses the tag that Skaffold falls back to when a policy gives no tag, and warns of it',
    from: 'template-with-registry',
    env: { DOCKER_REGISTRY: '10.0.0.1:5000', VERSION: '1.2.3' },
    plan: ['1 team/spring-web team_spring-web:latest docker/buildkit .'],
  },
];
