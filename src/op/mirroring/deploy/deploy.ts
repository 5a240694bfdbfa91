import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { FailedWithOutputs } from '../../kit/results/results.js';
import { clusterStore } from '../../store/cluster/cluster.js';
import { parseConfigMap } from '../../store/cluster/config-maps.js';
import { type KubernetesApi, kinds, openApi } from '../../systems/kubernetes/api.js';
import { checkDeploy } from './check.js';
import { configMapsOf, writeConfigMaps } from './config-maps.js';
import { configurationOf } from './configuration.js';
import { imageOf, type WorkloadImage } from './image-info.js';
import type { DeployRequest } from './options.js';
import { waitForJob } from './wait-for-job.js';
import { cronJobOf, jobOf } from './workload.js';

/** What a deployment gives: `--result NAME=PATH`. */
export interface Deployed extends Readonly<Record<string, string>> {
  /** `job/NAME` or `cronjob/NAME`. */
  readonly WORKLOAD: string;
  readonly METHOD: string;
  /** The last line of oc-mirror's run; empty when nothing has run. */
  readonly SUMMARY: string;
}

/** The Role with the rights of this command in the namespace of the workload, and the ServiceAccount that it runs as. */
const ownRole = 'octopipeline-mirror-deploy';

/**
 * `op mirror deploy`: writes the configuration of an environment into ConfigMaps, and starts oc-mirror as a Job, whose end it waits for,
 * or as a CronJob. The image is that of the image ConfigMap, by digest. Everything is checked before anything is written.
 * @throws OpError (usage, input, refused), (tool) when the API refuses, (deadline); FailedWithOutputs when the Job has failed
 */
export async function deploy(context: Context, request: DeployRequest): Promise<Deployed> {
  checkDeploy(request);
  await using api = await openApi(context, { namespace: request.namespace }, { ownRole });
  const image = await readImage(api, request);
  const { configMaps } = clusterStore(context, api);
  const configuration = await configurationOf(context, configMaps, request);
  const wanted = configMapsOf(request.environment, configuration, image);
  await writeConfigMaps(context, configMaps, wanted);
  const outputs = { METHOD: configuration.method, SUMMARY: '' };
  if (request.deployMode !== 'job') {
    return { ...outputs, WORKLOAD: `cronjob/${await applyCronJob(context, api, request, image)}` };
  }
  const job = await createJob(context, api, request, image);
  const ended = await waitForJob(context, api, job, request.timeout);
  const done = { ...outputs, WORKLOAD: `job/${job}`, SUMMARY: ended.summary };
  if (ended.failure !== undefined) throw new FailedWithOutputs(done, ended.failure);
  context.log.step(`Job ${job} has succeeded`);
  return done;
}

async function readImage(api: KubernetesApi, request: DeployRequest): Promise<WorkloadImage> {
  const { imageConfigmap, imageNamespace = api.namespace } = request;
  const found = await api.get(kinds.configMap, imageConfigmap, imageNamespace);
  if (found !== undefined) return imageOf(parseConfigMap(found), imageNamespace);
  throw inputError({
    what: `there is no ConfigMap ${imageConfigmap} in namespace ${imageNamespace}`,
    why: 'it says which image has oc-mirror, and by which digest',
    hint: 'run the Pipeline mirror-build, which writes it, or name another with --image-configmap and --image-namespace',
  });
}

async function createJob(
  { log }: Context,
  api: KubernetesApi,
  request: DeployRequest,
  image: WorkloadImage,
): Promise<string> {
  const run = request.run ?? randomBytes(4).toString('hex');
  const job = jobOf(request, image, run.split('-')[0] ?? run);
  const { name } = job.metadata;
  const created = await api.create(kinds.job, job);
  log.step(`${created === 'conflict' ? 'found' : 'made'} Job ${name}, which runs ${image.reference}`);
  return name;
}

async function applyCronJob(
  { log }: Context,
  api: KubernetesApi,
  request: DeployRequest,
  image: WorkloadImage,
): Promise<string> {
  const wanted = cronJobOf(request, image);
  const { name } = wanted.metadata;
  const outcome = await api.apply(kinds.cronJob, wanted);
  if ('conflictsWith' in outcome) {
    log.warn(`overwriting what ${outcome.conflictsWith.join(', ')} changed in CronJob ${name}`);
    await api.apply(kinds.cronJob, wanted, { force: true });
  }
  const when = request.deployMode === 'cronjob' ? `${request.schedule} (${request.timeZone})` : 'when it is started';
  log.step(`applied CronJob ${name}, which runs ${image.reference}: ${when}`);
  log.step(`next: ${api.typed(`kubectl create job --from=cronjob/${name} ${name}-now --namespace ${api.namespace}`)}`);
  return name;
}
