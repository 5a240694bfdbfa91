import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/table.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { type KubernetesApi, withApi } from '../../systems/kubernetes/api.js';
import { clusterOf } from '../environments/cluster.js';
import { readEnvironments } from '../environments/read.js';
import { leaseRequestOf } from '../lease/request.js';
import { withLease } from '../lease/with-lease.js';
import { findRelease } from './find-release.js';
import { createHelm, type HelmCluster } from './helm.js';
import type { HelmTestFlags } from './options.js';
import { checkPlace, checkStatus } from './preconditions.js';
import { readRelease, select } from './release.js';
import { parseFilter, type Sought, soughtIn } from './request.js';
import { runTests } from './run-tests.js';

/**
 * Runs the tests of a Helm release and fails unless every one of them was seen to pass.
 * @throws OpError (refused) when a test fails or there is none, (deadline), (input), (tool)
 */
export async function helmTest(context: Context, flags: HelmTestFlags): Promise<void> {
  const { environment: name } = flags;
  const environment = name === undefined ? undefined : (await readEnvironments(context, flags)).of(name);
  const sought = soughtIn(flags, environment);
  const filter = parseFilter(flags.filter);
  const lease = leaseRequestOf(flags, name, flags.component ?? environment?.component ?? flags.release);
  const kubeconfig = flags.kubeconfig === undefined ? undefined : resolve(context.cwd, flags.kubeconfig);
  const cluster = clusterOf({ ...flags, kubeconfig }, environment);
  await withApi(context, cluster, (api) =>
    withLease(context, api, lease, async (inner, own) => {
      if (environment?.tests === 'none') {
        inner.log.step(`environment ${environment.name} says "tests: none": nothing is tested`);
        return;
      }
      await test(inner, own, { cluster, sought, filter, timeout: flags.timeout, allowNoTests: flags.allowNoTests });
    }),
  );
}

interface Wanted {
  readonly cluster: HelmCluster;
  readonly sought: Sought;
  readonly filter: ReturnType<typeof parseFilter>;
  readonly timeout: number;
  readonly allowNoTests: boolean;
}

/** helm itself waits for ever for an API server that takes a connection and does not answer. */
async function find(context: Context, api: KubernetesApi, { cluster, sought, timeout }: Wanted) {
  const late = {
    what: `cannot read the Helm release of ${sought.name}`,
    why: `the API server did not answer within ${timeout / 1000} s`,
    hint: 'look at the cluster with: kubectl get --raw /readyz, or give a longer --timeout',
  };
  return withDeadline(context, timeout, late, async (inTime) => {
    const place = await findRelease(api.within(inTime), sought);
    const helm = createHelm(cluster, place.storage);
    return { helm, release: await readRelease(inTime, helm, place.name) };
  });
}

async function test(context: Context, api: KubernetesApi, wanted: Wanted): Promise<void> {
  const { helm, release } = await find(context, api, wanted);
  const of = `release ${release.name} (revision ${release.revision}) in namespace ${release.namespace}`;
  checkStatus(release);
  const tests = select(release, wanted.filter);
  if (tests.length === 0) {
    if (wanted.allowNoTests)
      return context.log.step(`${of} has no tests, which --allow-no-tests allows: nothing is tested`);
    throw refusedError({
      what: `${of} has no tests`,
      why: 'no Pod and no Job of its chart has the annotation helm.sh/hook: test, so nothing shows that it works',
      hint: 'add a test to the chart, write "tests: none" for the environment, or give --allow-no-tests',
    });
  }
  checkPlace(release, tests, helm.namespace);
  context.log.step(`run ${countOf(tests.length, 'test')} of ${of}: ${tests.map(({ name }) => name).join(', ')}`);
  await runTests(context, api, helm, { release, tests, ...wanted });
  const look = api.typed(`helm status ${release.name} --namespace ${helm.namespace}`);
  context.log.step(`${countOf(tests.length, 'test')} of ${of} passed; see them with: ${look}`);
}
