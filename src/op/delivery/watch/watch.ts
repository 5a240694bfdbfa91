import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { type Explanation, OpError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { type KubernetesApi, openApi } from '../../systems/kubernetes/api.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { formatReference } from '../../systems/registry/reference.js';
import { acquireLease } from '../lease/acquire.js';
import { clearDeploymentResult, type Proof, writeDeploymentResult } from './deployment-result.js';
import { diagnose } from './diagnose.js';
import { readExpectedImages } from './expected-images.js';
import { findHandEdit } from './hand-edit.js';
import { workloadName } from './judge/judge-snapshot.js';
import { type DigestComparison, describeExpected } from './judge/match-image.js';
import { type PreviousImage, previousImages } from './judge/previous-images.js';
import { observe } from './observe/observe.js';
import { timeoutError } from './observe/watch-errors.js';
import type { WatchStatus } from './observe/watch-status.js';
import type { WatchFlags } from './options.js';
import { componentName, findComponent } from './read/component.js';
import { resolveRequest, type WatchRequest } from './resolve-request.js';
import { sameImageInRegistry } from './same-image-in-registry.js';
import { wayBack } from './way-back.js';

/** The outputs of `op watch-deployment`. */
export interface Deployed {
  /** The images that were proven to run, `ref@digest`, separated by commas. */
  readonly DEPLOYED: string;
}

/**
 * Waits until a component of an environment runs the images of a build result, proven by digest from the template to the running pods.
 * @throws OpError (input) for a bad configuration, (tool) when the rollout or Flux failed, (deadline), (refused) when something else runs
 */
export async function watchDeployment(context: Context, flags: WatchFlags): Promise<Deployed> {
  const resultFile = flags.deploymentResult === undefined ? undefined : resolve(context.cwd, flags.deploymentResult);
  if (resultFile !== undefined) await clearDeploymentResult(resultFile);
  const request = await resolveRequest(context, flags);
  await using docker = await prepareDockerConfig(context, request.dockerconfig);
  const watch: Watch = {
    request,
    access: { insecure: request.insecureRegistries, env: docker.env },
    status: {
      since: context.now().toISOString(),
      waitingFor: request.lease === undefined ? 'the API server' : 'the Lease of the environment',
    },
    unreadable: new Set(),
  };
  await using api = await openApi(context, request.cluster);
  const { component, timeout } = request;
  const what = `${component.kind ?? 'component'} ${component.name} did not run the expected images within ${timeout / 1000} s`;
  try {
    const proof = await proveUnderLease(context, api, watch, { what, why: '', hint: '' });
    if (resultFile !== undefined) await writeDeploymentResult(resultFile, proof);
    return { DEPLOYED: report(context, api, proof) };
  } catch (error) {
    const before = ranBefore(error, watch.status);
    await explain(context, api, error, { ...watch, before });
    const isLate = error instanceof OpError && error.message === what && !context.signal.aborted;
    const shown = withWayBack(context, request, isLate ? timeoutError(what, watch.status) : error, before);
    return api.rethrow(await withHandEdit(context, api, shown, watch.status));
  }
}

/** What one watch works with, and what it has learned so far. */
interface Watch {
  readonly request: WatchRequest;
  readonly access: RegistryAccess;
  readonly status: WatchStatus;
  /** Expected images that the registry did not return. */
  readonly unreadable: Set<string>;
}

async function proveUnderLease(context: Context, api: KubernetesApi, watch: Watch, late: Explanation): Promise<Proof> {
  await using lease = await acquireLease(context, api, watch.request.lease);
  // The wait for the Lease has its own time limit.
  using deadline = startDeadline(lease.context, watch.request.timeout, late);
  const proof = await prove(deadline.context, lease.api.within(deadline.context), watch);
  lease.succeeded();
  return proof;
}

async function prove(context: Context, api: KubernetesApi, watch: Watch): Promise<Proof> {
  const { request, access, status, unreadable } = watch;
  const { environment, reconcile } = request;
  status.waitingFor = 'the registry';
  const expected = await readExpectedImages(context, access, request);
  status.waitingFor = 'the API server';
  const component = await findComponent(api, request.component.name, request.component.kind);
  status.component = component;
  const name = componentName(component);
  const title = `watch ${name} of environment ${environment.name} until it runs`;
  context.log.step(title);
  for (const one of expected) context.log.detail(`  ${describeExpected(one)}`);
  const requirements = { ...request.requirements, expected };
  const compare = (comparison: DigestComparison) =>
    sameImageInRegistry(context, access, comparison, (image) => unreadable.add(image));
  const judgement = await observe(context, api, { component, requirements, reconcile, compare }, status);
  const images = expected.filter((one) => judgement.workloads.some((workload) => workload.images.includes(one)));
  return { environment: environment.name, component: name, images, judgement, at: context.now() };
}

/** Prints what helps to understand why the watch failed. */
async function explain(
  context: Context,
  api: KubernetesApi,
  error: unknown,
  { status, unreadable, before }: Watch & { readonly before: readonly PreviousImage[] },
): Promise<void> {
  if (context.signal.aborted) {
    context.log.step(`stopped while waiting for ${status.judgement?.why ?? status.waitingFor}`);
    return;
  }
  if (!(error instanceof OpError)) return;
  await diagnose(context, api, status, before);
  if (error.kind !== 'refused') return;
  for (const image of unreadable) {
    context.log.warn(`cannot read ${image} from its registry: only its exact digest was accepted`);
  }
}

/** What ran before a rollout that failed, or was not done in time: it may be wanted again. */
function ranBefore(error: unknown, { snapshot, judgement }: WatchStatus): readonly PreviousImage[] {
  if (!(error instanceof OpError) || (error.kind !== 'tool' && error.kind !== 'deadline')) return [];
  return snapshot === undefined || judgement === undefined ? [] : previousImages(judgement.workloads, snapshot);
}

/** The same error, which also says how to deliver what ran before. */
function withWayBack(
  context: Context,
  { environment }: WatchRequest,
  error: unknown,
  before: readonly PreviousImage[],
): unknown {
  const back = wayBack(before, environment, Boolean(context.env.KUBERNETES_SERVICE_HOST));
  if (!(error instanceof OpError) || back === undefined || context.signal.aborted) return error;
  const { kind, message: what, why, hint, cause } = error;
  return new OpError(kind, { what, why, hint: `${hint}\n${back}`, cause });
}

/** The same error; when somebody has changed something by hand, with who it was, and when. */
async function withHandEdit(context: Context, api: KubernetesApi, error: unknown, status: WatchStatus) {
  if (!(error instanceof OpError) || (error.kind !== 'refused' && error.kind !== 'deadline')) return error;
  if (context.signal.aborted) return error;
  const edit = await findHandEdit(api, status);
  if (edit === undefined) return error;
  const { kind, message: what, why, cause } = error;
  return new OpError(kind, { what, why: `${why}\n${edit.why}`, hint: edit.hint, cause });
}

/** Prints the proof, and returns the images. */
function report({ log }: Context, api: KubernetesApi, { component, images, judgement }: Proof): string {
  for (const note of judgement.notes) log.warn(note);
  for (const one of judgement.workloads) {
    const compared = one.compared === 0 ? 'its template has the image' : `${countOf(one.compared, 'pod')} compared`;
    log.detail(`${workloadName(one)}: ${compared}`);
  }
  const namespaces = [...new Set(judgement.workloads.map(({ workload }) => workload.namespace))];
  const look = api.typed(`kubectl get pods -n ${namespaces[0] ?? ''}`);
  log.step(`${component} runs ${countOf(images.length, 'image')}, proven by digest; see them with: ${look}`);
  const deployed = images.map(({ image }) => formatReference(image)).join(',');
  if (deployed.length <= maxDeployedLength) return deployed;
  log.warn(`DEPLOYED is empty: the list of ${countOf(images.length, 'image')} is too long for a result of a Task`);
  return '';
}

/**
 * The length of a result that a pod of several steps can keep. Source: the kubelet, which gives all containers of a pod together 12 kB for
 * termination messages; each step of Tekton repeats the results of the steps before it.
 */
const maxDeployedLength = 1500;
