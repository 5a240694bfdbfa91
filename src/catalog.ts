import { BuildKitDaemon, buildkitdImage } from '../optional/buildkitd/buildkitd.js';
import { EnvironmentRoles } from '../optional/environment/environment.js';
import { FluxPolicy } from '../optional/environment/flux-policy.js';
import { ImageInfoPolicy } from '../optional/image-info/policy.js';
import { NightlyMirror } from '../optional/mirror/nightly-mirror.js';
import { OcMirrorPipelines } from '../optional/mirror/oc-mirror-pipelines.js';
import { OcMirrorWorkloads } from '../optional/mirror/oc-mirror-workloads.js';
import { ReleaseRoles } from '../optional/releases/roles.js';
import { WorkSchedule } from '../optional/releases/work-schedule.js';
import { buildPush, buildPushRules } from '../pipelines/build-push.js';
import { deliver, deliverRules, deliverTo, usualEnvironments } from '../pipelines/deliver.js';
import {
  buildPushBuildkitExample,
  buildPushExample,
  buildPushPrivateExample,
} from '../pipelines/examples/build-push.js';
import { deliverClustersExample, deliverExample, promoteExample, watchExample } from '../pipelines/examples/deliver.js';
import { mirrorDiskExample, mirrorExample } from '../pipelines/examples/mirror.js';
import { mirrorBuildExample, mirrorDeployExample } from '../pipelines/examples/oc-mirror.js';
import { releaseExample, workExample } from '../pipelines/examples/release.js';
import { mirror as mirrorPipeline, mirrorRules } from '../pipelines/mirror.js';
import { mirrorBuild, mirrorBuildRules } from '../pipelines/mirror-build.js';
import { mirrorDeploy, mirrorDeployRules } from '../pipelines/mirror-deploy.js';
import { mirrorDisk as mirrorDiskPipeline } from '../pipelines/mirror-disk.js';
import { promote, promoteRules } from '../pipelines/promote.js';
import { release, releaseRules } from '../pipelines/release.js';
import { watch, watchRules } from '../pipelines/watch.js';
import { work } from '../pipelines/work.js';
import { build } from '../tasks/build.js';
import { buildBuildpacks } from '../tasks/build-buildpacks.js';
import { buildDockerfile } from '../tasks/build-dockerfile.js';
import { buildPush as buildPushTask } from '../tasks/build-push.js';
import { checkDelivery } from '../tasks/check-delivery.js';
import { cloneBuildPush } from '../tasks/clone-build-push.js';
import { deliverEnvironment } from '../tasks/deliver-environment.js';
import { gitClone } from '../tasks/git-clone.js';
import { helmTest } from '../tasks/helm-test.js';
import { mirror } from '../tasks/mirror.js';
import { mirrorDeploy as mirrorDeployTask } from '../tasks/mirror-deploy.js';
import { mirrorDisk } from '../tasks/mirror-disk.js';
import { mirrorReport } from '../tasks/mirror-report.js';
import { promoteImage } from '../tasks/promote-image.js';
import { publishImageInfo } from '../tasks/publish-image-info.js';
import { push } from '../tasks/push.js';
import { releaseItem } from '../tasks/release-item.js';
import { releaseStart } from '../tasks/release-start.js';
import { releaseWork } from '../tasks/release-work.js';
import { setImage } from '../tasks/set-image.js';
import { image } from '../tasks/steps/image.js';
import { watchDeployment } from '../tasks/watch-deployment.js';
import { applyToParams, applyToTask } from './cdk8s/apply-config.js';
import { CatalogApp } from './cdk8s/catalog-app.js';
import { CatalogChart } from './cdk8s/catalog-chart.js';
import { type CatalogConfig, imageOf, problemsOf } from './cdk8s/config.js';
import { ItemNetwork } from './cdk8s/item-network.js';
import { Pipeline } from './cdk8s/pipeline.js';
import { PipelineAccess } from './cdk8s/pipeline-access.js';
import { PipelineNetwork } from './cdk8s/pipeline-network.js';
import { PipelineRun } from './cdk8s/pipeline-run.js';
import { Task } from './cdk8s/task.js';
import { TaskNetwork } from './cdk8s/task-network.js';
import { itemLabel } from './op/releases/cluster/options.js';
import { referencePage } from './reference.js';
import { version } from './version.js';

const tasks = [
  gitClone,
  build,
  push,
  buildPushTask,
  cloneBuildPush,
  buildDockerfile,
  buildBuildpacks,
  publishImageInfo,
  checkDelivery,
  promoteImage,
  setImage,
  watchDeployment,
  helmTest,
  deliverEnvironment,
  mirror,
  mirrorDisk,
  mirrorReport,
  mirrorDeployTask,
  releaseStart,
  releaseWork,
  releaseItem,
];
const pipelinesOf = ({ environments = usualEnvironments }: CatalogConfig) => [
  { definition: buildPush, rules: buildPushRules },
  { definition: deliverTo(environments), rules: deliverRules },
  { definition: promote, rules: promoteRules },
  { definition: watch, rules: watchRules },
  { definition: mirrorPipeline, rules: mirrorRules },
  { definition: mirrorDiskPipeline, rules: mirrorRules },
  { definition: mirrorBuild, rules: mirrorBuildRules },
  { definition: mirrorDeploy, rules: mirrorDeployRules },
  { definition: release, rules: releaseRules },
  { definition: work, rules: releaseRules },
];
const examples = {
  'build-push': buildPushExample,
  'build-push-private': buildPushPrivateExample,
  'build-push-buildkit': buildPushBuildkitExample,
  deliver: deliverExample,
  'deliver-clusters': deliverClustersExample,
  promote: promoteExample,
  watch: watchExample,
  mirror: mirrorExample,
  'mirror-disk': mirrorDiskExample,
  'mirror-build': mirrorBuildExample,
  'mirror-deploy': mirrorDeployExample,
  release: releaseExample,
  work: workExample,
};

const producedBy = `octopipeline ${version}`;

/** The app that writes `dist/`: every Task and Pipeline, with what its pods may do and reach. */
export function createCatalog(config: CatalogConfig, outdir?: string): CatalogApp {
  const images = new Map([[image, imageOf(config.registryPrefix, config.image ?? image)]]);
  const app = new CatalogApp({ producedBy, images, ...(outdir === undefined ? {} : { outdir }) });
  app.node.addValidation({ validate: () => [...problemsOf(config), ...unknownSteps(config)] });
  const { namespace, labels } = config;
  const chart = (id: string, source: string) =>
    new CatalogChart(app, id, {
      source,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    });
  for (const definition of tasks) {
    const { name } = definition;
    applyToTask(new Task(chart(`task-${name}`, `tasks/${name}.ts`), name, { definition }), config, image);
  }
  for (const { definition, rules } of pipelinesOf(config)) {
    const { name } = definition;
    const file = chart(`pipeline-${name}`, `pipelines/${name}.ts`);
    applyToParams(new Pipeline(file, name, { definition }), config, image);
    new PipelineAccess(file, 'access', { name: `octopipeline-${name}`, rules });
    if (config.networkPolicy !== false) new PipelineNetwork(file, 'network', { pipeline: name });
  }
  if (config.networkPolicy !== false) {
    new TaskNetwork(chart('network', 'src/catalog.ts'), 'network', { tasks: tasks.map(({ name }) => name) });
  }
  addReleaseItems(chart('release-items', 'src/catalog.ts'), config);
  addBuildKits(app, config);
  const optional = (id: string, source: string) =>
    new CatalogChart(app, id, {
      source,
      optional: true,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    });
  new EnvironmentRoles(optional('environment', 'optional/environment/environment.ts'), 'roles');
  new FluxPolicy(optional('flux-policy', 'optional/environment/flux-policy.ts'), 'flux');
  new ImageInfoPolicy(optional('image-info-policy', 'optional/image-info/policy.ts'), 'image-info');
  new ReleaseRoles(optional('releases', 'optional/releases/roles.ts'), 'roles');
  new WorkSchedule(optional('release-work', 'optional/releases/work-schedule.ts'), 'work', {
    image: imageOf(config.registryPrefix, image),
  });
  new NightlyMirror(optional('mirror-nightly', 'optional/mirror/nightly-mirror.ts'), 'mirror', {
    image: imageOf(config.registryPrefix, image),
  });
  new OcMirrorWorkloads(optional('oc-mirror', 'optional/mirror/oc-mirror-workloads.ts'), 'oc-mirror');
  new OcMirrorPipelines(optional('oc-mirror-pipelines', 'optional/mirror/oc-mirror-pipelines.ts'), 'pipelines', {
    networkPolicy: config.networkPolicy !== false,
  });
  return app;
}

/** The app that writes the PipelineRuns of `examples/`. */
export function createExamples(outdir: string): CatalogApp {
  const installed = [
    buildPush,
    deliver,
    promote,
    watch,
    mirrorPipeline,
    mirrorDiskPipeline,
    mirrorBuild,
    mirrorDeploy,
    release,
    work,
  ];
  const app = new CatalogApp({ producedBy, outdir, installed });
  for (const [id, definition] of Object.entries(examples)) {
    new PipelineRun(new CatalogChart(app, id, { source: 'pipelines/examples' }), id, { definition });
  }
  return app;
}

/** The pages of `docs/reference`, by file name. */
export function createReference(): Map<string, string> {
  const documented = [
    ...tasks.map((definition) => ({ definition, source: `tasks/${definition.name}.ts` })),
    ...pipelinesOf({}).map(({ definition }) => ({ definition, source: `pipelines/${definition.name}.ts` })),
  ];
  return new Map(
    documented.map(({ definition, source }) => [
      `${definition.kind.toLowerCase()}-${definition.name}.md`,
      referencePage(definition, source),
    ]),
  );
}

/** The ServiceAccount of pods with code of a repository, without any right, and what the pods of Tasks of a plan may reach. */
function addReleaseItems(chart: CatalogChart, { networkPolicy }: CatalogConfig): void {
  new PipelineAccess(chart, 'access', { name: 'octopipeline-release-item' });
  if (networkPolicy !== false)
    new ItemNetwork(chart, 'network', { name: 'octopipeline-release-items', label: itemLabel });
}

/** Steps and sidecars that are in the configuration but not in the catalog. */
function unknownSteps({ resources = {} }: CatalogConfig): string[] {
  const known = tasks.flatMap(({ name, steps, sidecars }) =>
    [...steps, ...sidecars].map((container) => `${name}/${container.name}`),
  );
  return Object.keys(resources)
    .filter((step) => !known.includes(step))
    .map((step) => `config > resources > ${step}: unknown step; known are ${known.join(', ')}`);
}

/** The optional buildkitds, for untrusted and for trusted builds, have their own namespaces, independent of the catalog's. */
function addBuildKits(app: CatalogApp, { buildkitd = {}, registryPrefix, labels }: CatalogConfig): void {
  const image = imageOf(registryPrefix, buildkitd.image ?? buildkitdImage);
  for (const [name, trust] of [
    ['buildkitd', 'untrusted'],
    ['buildkitd-trusted', 'trusted'],
  ] as const) {
    const file = new CatalogChart(app, name, {
      source: 'optional/buildkitd/buildkitd.ts',
      optional: true,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    });
    new BuildKitDaemon(file, 'buildkitd', { ...buildkitd, image, trust });
  }
}
