import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { buildPush } from '../../pipelines/build-push.js';
import { buildPushExample } from '../../pipelines/examples/build-push.js';
import { CatalogApp, CatalogChart, pipelineRun, ScheduledRun } from '../../src/index.js';
import { type HostOp, hostOp } from './host-op.js';
import {
  applyDist,
  cancel,
  createNamespace,
  enter,
  gitService,
  imageReference,
  kubectl,
  kubectlJson,
  logs,
  registryForPods,
  removeNamespace,
  waitForRun,
} from './rig.js';

let namespace: string;
let op: HostOp;
beforeAll(async () => {
  namespace = await createNamespace('scheduled');
  await applyDist(namespace);
  op = await hostOp();
});
afterAll(async () => {
  await op?.dispose();
  await removeNamespace(namespace);
});

const inNamespace = () => `--namespace=${namespace}`;
const runsOf = async (schedule: string) => {
  const selector = `--selector=octopipeline/schedule=${schedule}`;
  const { items } = await kubectlJson<{ items: readonly { metadata: { name: string } }[] }>([
    'get',
    'pipelinerun',
    inNamespace(),
    selector,
  ]);
  return items.map(({ metadata }) => metadata.name);
};

/** Applies a schedule of the Pipeline build-push. */
async function applySchedule(props: Omit<ConstructorParameters<typeof ScheduledRun>[2], 'run' | 'image'>) {
  const { serviceAccountName, podTemplate } = buildPushExample.options;
  const run = pipelineRun({ generateName: `${props.name}-` }, buildPush, {
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(podTemplate === undefined ? {} : { podTemplate }),
    params: { url: `${gitService}/shop.git`, repository: `${registryForPods}/${namespace}` },
    workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
  });
  const app = new CatalogApp({ producedBy: 'test', outdir: 'unused', installed: [buildPush] });
  const chart = new CatalogChart(app, props.name, { source: 'test' });
  new ScheduledRun(chart, 'schedule', { run, image: await imageReference(), ...props });
  const objects = parseAllDocuments(app.files().get(`${props.name}.yaml`) ?? '').map((document) => document.toJS());
  await kubectl(['apply', inNamespace(), '--filename=-'], { input: objects.map((o) => stringify(o)).join('---\n') });
}

test('a CronJob with Pod Security restricted creates the PipelineRun, and no second one while it works', async () => {
  await applySchedule({ name: 'nightly', schedule: '0 3 1 1 *', suspend: true });
  const first = await op.run(['schedule', 'run', 'nightly', inNamespace()]);
  expect(first).toMatchObject({ exitCode: 0 });
  const [name = ''] = await runsOf('nightly');
  expect(first.printed).toContain(`started PipelineRun ${name}`);
  expect(name).toMatch(/^nightly-manual-[0-9a-f]{6}$/u);

  const second = await op.run(['schedule', 'run', 'nightly', inNamespace()]);
  expect(second).toMatchObject({ exitCode: 0 });
  expect(second.printed).toMatch(
    new RegExp(`skipped: ${name} \\(for \\d+s\\) has not ended, and overlap is forbid`, 'u'),
  );
  expect(await runsOf('nightly')).toEqual([name]);

  const started = { kind: 'PipelineRun', name, namespace } as const;
  const outcome = await waitForRun(started);
  expect(outcome, await logs(started)).toMatchObject({ succeeded: true });
  const listed = await op.run(['schedule', 'list', inNamespace()]);
  expect(listed.printed).toMatch(
    /^nightly +0 3 1 1 \* +Etc\/UTC +paused +- +nightly-manual-\w+ (?:Succeeded|Completed)$/mu,
  );

  const account = `--as=system:serviceaccount:${namespace}:nightly`;
  const { stdout } = await enter('kubectl', ['auth', 'can-i', '--list', account, inNamespace(), '--no-headers']);
  const granted = stdout.split('\n').filter((line) => !/selfsubject|^\s+\[\//u.test(line));
  expect(granted.map((line) => line.trim().split(/\s{2,}/u)).toSorted()).toEqual([
    ['leases.coordination.k8s.io', '[]', '[]', '[create]'],
    ['leases.coordination.k8s.io', '[]', '[octopipeline-schedule-nightly]', '[get list watch update]'],
    ['pipelineruns.tekton.dev', '[]', '[]', '[create list]'],
  ]);
});

test('a schedule that was paused for 200 starts goes on, and replaces the run that has not ended', async () => {
  await applySchedule({ name: 'minutely', schedule: '* * * * *', suspend: true, overlap: 'replace', historyLimit: 1 });
  await op.run(['schedule', 'run', 'minutely', inNamespace()]);
  const [first = ''] = await runsOf('minutely');
  const lastScheduleTime = new Date(Date.now() - 200 * 60_000).toISOString().replace(/\.\d+Z$/u, 'Z');
  const patch = JSON.stringify({ status: { lastScheduleTime } });
  await kubectl([
    'patch',
    'cronjob',
    'minutely',
    inNamespace(),
    '--subresource=status',
    '--type=merge',
    `--patch=${patch}`,
  ]);

  expect(await op.run(['schedule', 'resume', 'minutely', inNamespace()])).toMatchObject({ exitCode: 0 });
  await expect.poll(() => runsOf('minutely'), { timeout: 120_000, interval: 1000 }).toHaveLength(2);
  expect(await op.run(['schedule', 'pause', 'minutely', inNamespace()])).toMatchObject({ exitCode: 0 });
  const outcome = await waitForRun({ kind: 'PipelineRun', name: first, namespace });
  expect(outcome).toMatchObject({ succeeded: false, reason: 'Cancelled' });
  const second = (await runsOf('minutely')).find((name) => name !== first) ?? '';
  expect(second).toMatch(/^minutely-\d+$/u);
  await cancel({ kind: 'PipelineRun', name: second, namespace });
});
