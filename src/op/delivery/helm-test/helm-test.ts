import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { type KubernetesApi, openApi } from '../../systems/kubernetes/api.js';
import { clusterOfEnvironment } from '../environments/environment.js';
import { readEnvironments } from '../environments/read.js';
import { acquireLease } from '../lease/acquire.js';
import { leaseRequestOf } from '../lease/request.js';
import { checkHooks, selectHooks, testOf } from './check-hooks.js';
import { findRelease } from './find-release.js';
import { createHelm, type Helm, type HelmCluster } from './helm.js';
import type { HelmTestFlags } from './options.js';
import { type Release, readRelease } from './release.js';
import { parseFilter, type ReleaseSelector, releaseSelectorOf, type TestFilter } from './request.js';
import { runTests } from './run-tests.js';

/**
 * Runs the tests of a Helm release and fails unless every one of them was seen to pass.
 * @throws OpError (refused) when a test fails or there are no tests, (deadline), (input), (tool)
 */
export async function helmTest(context: Context, flags: HelmTestFlags): Promise<void> {
  const { environment: name, timeout, allowNoTests } = flags;
  const environment = name === undefined ? undefined : (await readEnvironments(context, flags)).of(name);
  const selector = releaseSelectorOf(flags, environment);
  const filter = parseFilter(flags.filter);
  const request = leaseRequestOf(flags, name, flags.component ?? environment?.component ?? flags.release);
  const kubeconfig = flags.kubeconfig === undefined ? undefined : resolve(context.cwd, flags.kubeconfig);
  const cluster = clusterOfEnvironment({ ...flags, kubeconfig }, environment);
  await using api = await openApi(context, cluster);
  await using lease = await acquireLease(context, api, request);
  if (environment?.tests === 'none') {
    lease.context.log.step(`environment ${environment.name} has "tests: none": nothing is tested`);
  } else {
    const releaseNamespace = flags.releaseNamespace ?? environment?.releaseNamespace;
    const asked = { cluster, selector, filter, timeout, allowNoTests, releaseNamespace };
    await testRelease(lease.context, lease.api, asked).catch(api.rethrow);
  }
  lease.succeeded();
}

/** What to test, checked. */
interface TestRequest {
  readonly cluster: HelmCluster;
  readonly selector: ReleaseSelector;
  readonly filter: TestFilter;
  /** Milliseconds. */
  readonly timeout: number;
  readonly allowNoTests: boolean;
  /** Where the tests may be; undefined: in the namespace of the API. */
  readonly releaseNamespace: string | undefined;
}

async function testRelease(context: Context, api: KubernetesApi, request: TestRequest): Promise<void> {
  const { helm, release } = await openRelease(context, api, request);
  const of = `release ${release.name} (revision ${release.revision}) in namespace ${release.namespace}`;
  checkDeployed(release);
  const checked = checkHooks(release, { storage: helm.namespace, allowed: request.releaseNamespace ?? api.namespace });
  const hooks = selectHooks(release.name, checked, request.filter);
  const tests = hooks.flatMap((hook) => testOf(hook) ?? []);
  if (tests.length === 0) {
    if (request.allowNoTests) return context.log.step(`${of} has no tests, which --allow-no-tests allows: done`);
    throw refusedError({
      what: `${of} has no tests`,
      why: 'no Pod or Job of its chart has the annotation helm.sh/hook: test, so nothing shows that it works',
      hint: 'add a test to the chart, write "tests: none" for the environment, or give --allow-no-tests',
    });
  }
  context.log.step(`run ${countOf(tests.length, 'test')} of ${of}: ${tests.map(({ name }) => name).join(', ')}`);
  await runTests(context, api, helm, { release, hooks, tests, timeout: request.timeout });
  const look = api.typed(`helm get hooks ${release.name} --namespace ${helm.namespace}`);
  context.log.step(`${countOf(tests.length, 'test')} of ${of} passed; see them: ${look}`);
}

/** Needs its own deadline: helm waits forever for an API server that accepts a connection and does not answer. */
async function openRelease(
  context: Context,
  api: KubernetesApi,
  { cluster, selector, timeout }: TestRequest,
): Promise<{ readonly helm: Helm; readonly release: Release }> {
  using deadline = startDeadline(context, timeout, {
    what: `cannot read the Helm release of ${selector.name}`,
    why: `the API server did not answer within ${timeout / 1000} s`,
    hint: 'check the cluster with: kubectl get --raw /readyz, or increase --timeout',
  });
  const { name, storageNamespace } = await findRelease(api.within(deadline.context), selector);
  const helm = createHelm(cluster, storageNamespace);
  return { helm, release: await readRelease(deadline.context, helm, name) };
}

/** The tests of half an upgrade show nothing. @throws OpError (refused) */
function checkDeployed({ name, namespace, revision, status }: Release): void {
  if (status === 'deployed') return;
  throw refusedError({
    what: `release ${name} in namespace ${namespace} is not tested`,
    why: `its revision ${revision} is ${status}, not deployed`,
    hint: `see its history with: helm history ${name} --namespace ${namespace}, and test it when it is deployed`,
  });
}
