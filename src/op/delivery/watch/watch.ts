import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { imagesOf } from '../../images/publish/image-list.js';
import { OpError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/table.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { type KubernetesApi, withApi } from '../../systems/kubernetes/api.js';
import type { Access } from '../../systems/registry/crane.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { formatReference } from '../../systems/registry/reference.js';
import { clusterOf } from '../environments/cluster.js';
import { readEnvironments } from '../environments/read.js';
import { leaseRequestOf } from '../lease/request.js';
import { withLease } from '../lease/with-lease.js';
import { findComponent, nameOfComponent } from './component.js';
import { clearDeploymentResult, type Proof, writeDeploymentResult } from './deployment-result.js';
import { diagnose } from './diagnose.js';
import { type LastSeen, latenessOf } from './endings.js';
import { readExpected } from './expected.js';
import { nameOfExpected } from './image-match.js';
import { nameOfWorkload } from './judge.js';
import type { Question } from './judge-workload.js';
import { observe } from './observe.js';
import type { WatchFlags } from './options.js';
import { componentOf } from './request.js';
import { isSameImage } from './same-image.js';

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
  const environments = await readEnvironments(context, flags);
  const environment = environments.of(flags.environment);
  const name = componentOf(flags, environment);
  const lease = leaseRequestOf(flags, environment.name, name);
  const kind = flags.kind === 'auto' ? environment.kind : flags.kind;
  // Before the Lease is waited for: of a cluster of its own, and a mistake in it is none that time mends.
  const chosen = await imagesOf(context, flags);
  const directory = flags.dockerconfig === undefined ? undefined : resolve(context.cwd, flags.dockerconfig);
  const docker = await prepareDockerConfig(context, directory);
  const access: Access = { insecure: flags.insecureRegistry, env: docker.env };
  const last: LastSeen = { doing: lease === undefined ? 'the API server' : 'the Lease of the environment' };
  const unread = new Set<string>();
  const work = async (inTime: Context, api: KubernetesApi): Promise<Proof> => {
    last.doing = 'the registry';
    const images = await readExpected(inTime, access, environments, environment, {
      chosen,
      repository: flags.repository,
    });
    last.doing = 'the API server';
    const found = await findComponent(api, name, kind);
    last.component = found;
    const component = nameOfComponent(found);
    const lines = [
      `watch ${component} of environment ${environment.name} until it runs`,
      ...images.map(nameOfExpected),
    ];
    inTime.log.step(lines.join('\n  '));
    const { allowTag, allowUnused, reconcile } = flags;
    // Whoever writes the images, op does not know of them: they may come any time.
    const patient = environment.manifests === undefined;
    const compare = (question: Question) => isSameImage(inTime, access, question, (image) => unread.add(image));
    const watched = {
      component: found,
      demands: { expected: images, allowTag, allowUnused, patient },
      reconcile,
      compare,
    };
    const judgement = await observe(inTime, api, watched, last);
    const proven = images.filter((one) => judgement.workloads.some((workload) => workload.images.includes(one)));
    return { environment: environment.name, component, images: proven, judgement, at: context.now() };
  };
  const what = `${kind ?? 'component'} ${name} did not run the expected images within ${flags.timeout / 1000} s`;
  const late = { what, why: '', hint: '' };
  try {
    return await withApi(context, clusterOf(flags, environment), async (api) => {
      try {
        // Waiting for the Lease has a time of its own.
        const proof = await withLease(context, api, lease, (held, heldApi) =>
          withDeadline(held, flags.timeout, late, (inTime) => work(inTime, heldApi.within(inTime))),
        );
        if (resultFile !== undefined) await writeDeploymentResult(resultFile, proof);
        return { DEPLOYED: say(context, api, proof) };
      } catch (error) {
        if (context.signal.aborted) {
          context.log.step(`stopped while it waited for ${last.judgement?.why ?? last.doing}`);
          throw error;
        }
        if (error instanceof OpError) await diagnose(context, api, last);
        if (error instanceof OpError && error.kind === 'refused') {
          for (const image of unread)
            context.log.warn(`${image} cannot be read from its registry: only this very digest counted`);
        }
        throw error instanceof OpError && error.message === what ? latenessOf(what, last) : error;
      }
    });
  } finally {
    await docker.dispose();
  }
}

/** Prints the proof, and gives the images. */
function say({ log }: Context, api: KubernetesApi, { component, images, judgement }: Proof): string {
  for (const note of judgement.notes) log.warn(note);
  for (const one of judgement.workloads) {
    const compared = one.compared === 0 ? 'its template has the image' : `${countOf(one.compared, 'pod')} compared`;
    log.step(`${nameOfWorkload(one)}: ${compared}`);
  }
  const namespaces = [...new Set(judgement.workloads.map(({ workload }) => workload.namespace))];
  const look = api.typed(`kubectl get pods --namespace=${namespaces[0] ?? ''} --output=wide`);
  log.step(`${component} runs ${countOf(images.length, 'image')}, proven by digest; see it with: ${look}`);
  const deployed = images.map(({ image }) => formatReference(image)).join(',');
  if (deployed.length <= roomForDeployed) return deployed;
  log.warn(`DEPLOYED stays empty: ${countOf(images.length, 'image')} are too long a list for a result of a Task`);
  return '';
}

/**
 * Characters of the result that a pod of several steps surely keeps. Source: the kubelet, which gives the containers of a pod 12 kB of
 * termination messages together; each step of Tekton repeats the results of those before it.
 */
const roomForDeployed = 1500;
