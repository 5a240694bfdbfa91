import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubernetesPath, missingTools, startKubernetesApi, type User } from '../../../test/op/kubernetes-api.js';
import { tektonCrd } from '../../../test/op/tekton-crd.js';
import { testContext } from '../../../test/op/test-context.js';
import { CatalogApp, CatalogChart, pipeline, pipelineRun, ScheduledRun, task } from '../../index.js';
import { listAll } from './list.js';
import { showNext } from './next.js';
import type { StartRequest } from './options.js';
import { setPaused } from './pause.js';
import { runNow } from './run-now.js';
import { startRun } from './start/start.js';

const image = `example.com/op:1@sha256:${'a'.repeat(64)}`;
const work = task('work', { steps: () => [{ name: 'do', image, command: ['true'] }] });
const nightly = pipeline('nightly', {}, (p) => {
  p.task('work', work);
});

type Props = ConstructorParameters<typeof ScheduledRun>[2];

/** The objects of a schedule, as JSON that kubectl reads. */
function objectsOf(props: Partial<Props> & Pick<Props, 'name'>): string {
  const app = new CatalogApp({ producedBy: 'test', outdir: 'unused', installed: [nightly] });
  const chart = new CatalogChart(app, 'schedule', { source: 's' });
  const run = pipelineRun({ generateName: `${props.name}-` }, nightly, {});
  new ScheduledRun(chart, 'schedule', { run, schedule: '0 3 * * *', timeZone: 'Europe/Berlin', image, ...props });
  const text = (chart.node.root as CatalogApp).files().get('schedule.yaml') ?? '';
  const items = parseAllDocuments(text).map((document) => document.toJS());
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

describe.skipIf(missingTools.length > 0)('on a real API server', () => {
  let server: Awaited<ReturnType<typeof startKubernetesApi>>;
  let room: string;

  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), 'schedules-test-'));
    server = await startKubernetesApi();
    await server.kubectl(['create', 'namespace', 'shop']);
    await server.kubectl(['apply', '--filename=-'], JSON.stringify(tektonCrd('pipelineruns', 'PipelineRun')));
    await server.kubectl(['wait', '--for=condition=Established', 'crd/pipelineruns.tekton.dev']);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await rm(room, { recursive: true, force: true });
  });

  const inShop = (...args: readonly string[]) => server.kubectl([...args, '--namespace=shop']);
  const apply = (objects: string) => server.kubectl(['apply', '--namespace=shop', '--filename=-'], objects);
  const names = async (schedule: string) =>
    (await inShop('get', 'pipelineruns', `--selector=octopipeline/schedule=${schedule}`, '--output=name'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('/')[1] ?? '');
  const end = (name: string, status = 'True', ended = new Date()) => {
    const condition = { type: 'Succeeded', status, reason: status === 'True' ? 'Succeeded' : 'Failed' };
    const patch = { status: { conditions: [condition], completionTime: ended.toISOString() } };
    return inShop('patch', 'pipelinerun', name, '--type=merge', `--patch=${JSON.stringify(patch)}`);
  };

  /** One start of a schedule, as the pod of its Job does it. */
  async function start(name: string, job: string, more: Partial<StartRequest> = {}, user: User = 'admin') {
    const file = join(room, `${name}.yaml`);
    const metadata = `{generateName: ${name}-, labels: {team: shop}}`;
    await writeFile(file, `apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: ${metadata}\nspec: {}\n`);
    const env = { PATH: kubernetesPath, HOME: room, TMPDIR: room, JOB_NAME: `${name}-${job}` };
    const { context, printed } = testContext({ env });
    const base = { name, file, overlap: 'forbid', overlapWait: 60_000, jitter: 0, namespace: 'shop' } as const;
    const kubeconfig = server.kubeconfig(user);
    const done = startRun(context, { ...base, kubeconfig, ...more });
    return {
      printed,
      error: await done.then(
        () => undefined,
        (error: unknown) => error,
      ),
    };
  }

  test('a start creates the run of its Job with the label of its schedule, and only once', async () => {
    const { printed, error } = await start('once', '100');
    expect(error).toBeUndefined();
    expect(printed).toContain('started PipelineRun once-100');
    expect(printed).toContain('next: tkn pipelinerun logs --follow once-100 --namespace shop');
    const { metadata } = JSON.parse(await inShop('get', 'pipelinerun', 'once-100', '--output=json'));
    expect(metadata.labels).toEqual({ team: 'shop', 'octopipeline/schedule': 'once' });
    const again = await start('once', '100');
    expect(again).toMatchObject({ error: undefined });
    expect(again.printed).toContain('PipelineRun once-100 is there already');
    expect(await names('once')).toEqual(['once-100']);
  });

  test('with forbid, a start is skipped while another run has not ended, and not after that', async () => {
    await start('forbid', '1');
    const skipped = await start('forbid', '2');
    expect(skipped.error).toBeUndefined();
    expect(skipped.printed.join('\n')).toMatch(/skipped: forbid-1 \(for \d+s\) has not ended, and overlap is forbid/u);
    expect(await names('forbid')).toEqual(['forbid-1']);
    await end('forbid-1', 'False');
    await start('forbid', '3');
    expect(await names('forbid')).toEqual(['forbid-1', 'forbid-3']);
  });

  test('with allow, runs work side by side', async () => {
    await start('allow', '1', { overlap: 'allow' });
    await start('allow', '2', { overlap: 'allow' });
    expect(await names('allow')).toEqual(['allow-1', 'allow-2']);
  });

  test('of two starts at the same moment, only one creates a run', async () => {
    const both = await Promise.all([start('race', '1'), start('race', '2')]);
    expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(await names('race')).toHaveLength(1);
    expect(both.flatMap(({ printed }) => printed).filter((line) => line.startsWith('skipped'))).toHaveLength(1);
  });

  test('with queue, a start waits until the other run has ended', async () => {
    await start('queue', '1');
    const second = start('queue', '2', { overlap: 'queue' });
    await wait(2000);
    expect(await names('queue')).toEqual(['queue-1']);
    await end('queue-1');
    expect((await second).printed).toContain('started PipelineRun queue-2');
  });

  test('with queue, a run that does not end in time is a deadline, and nothing is started', async () => {
    await start('late', '1');
    const { error } = await start('late', '2', { overlap: 'queue', overlapWait: 1500 });
    expect(error).toMatchObject({
      kind: 'deadline',
      message: 'no run of the schedule late was started',
      why: 'late-1 has not ended after 2s',
    });
    expect(await names('late')).toEqual(['late-1']);
  });

  test('with replace, the other run is cancelled gracefully, and the next starts when it has ended', async () => {
    await start('replace', '1');
    const second = start('replace', '2', { overlap: 'replace' });
    const asked = async () => JSON.parse(await inShop('get', 'pipelinerun', 'replace-1', '--output=json')).spec.status;
    await expect.poll(asked, { timeout: 10_000 }).toBe('CancelledRunFinally');
    expect(await names('replace')).toEqual(['replace-1']);
    await end('replace-1', 'False');
    expect((await second).error).toBeUndefined();
    expect(await names('replace')).toEqual(['replace-1', 'replace-2']);
  });

  test('old runs are deleted by number and by age; one that has not ended stays', async () => {
    for (const job of ['1', '2', '3', '4']) await start('old', job, { overlap: 'allow' });
    await end('old-1', 'True', new Date(Date.now() - 86_400_000 * 9));
    await end('old-2', 'True', new Date(Date.now() - 3000));
    await end('old-3', 'False', new Date(Date.now() - 2000));
    const first = await start('old', '5', { overlap: 'allow', historyDays: '7' });
    expect(first.printed).toContain('deleted 1 old run: old-1');
    const second = await start('old', '6', { overlap: 'allow', historyLimit: '1' });
    expect(second.printed).toContain('deleted 1 old run: old-2');
    expect(await names('old')).toEqual(['old-3', 'old-4', 'old-5', 'old-6']);
  });

  test('jitter is at most what it may be, and the same when the pod is started again', async () => {
    const one = await start('jitter', '7', { jitter: 1500 });
    const two = await start('jitter', '7', { jitter: 1500 });
    expect(one.printed[0]).toMatch(/^wait \d+s of at most 2s \(jitter\)$/u);
    expect(two.printed[0]).toBe(one.printed[0]);
  });

  test('a file that is no PipelineRun is refused before anything is asked', async () => {
    const file = join(room, 'pod.yaml');
    await writeFile(file, 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n');
    const { error } = await start('wrong', '1', { file });
    expect(error).toMatchObject({
      kind: 'input',
      why: expect.stringMatching(/pod\.yaml:2: kind must be PipelineRun/u),
    });
    const none = await start('wrong', '1', { file: join(room, 'none.yaml') });
    expect(none.error).toMatchObject({ kind: 'input', message: expect.stringContaining('cannot read') });
  });

  // The schedule is called `default`, as the account whose token there is.
  test.each([
    { overlap: 'allow' },
    { overlap: 'forbid' },
    { overlap: 'queue' },
    { overlap: 'replace', historyLimit: 1 },
    { overlap: 'allow', historyDays: 7 },
  ] as const)('the account of a schedule may do what it needs, with %o', async (props) => {
    await inShop('delete', 'pipelineruns', '--all');
    await inShop('delete', 'lease', '--all');
    await inShop('delete', 'role,rolebinding,cronjob', 'default', '--ignore-not-found');
    await apply(objectsOf({ name: 'default', ...props }));
    const more = {
      overlap: props.overlap,
      ...('historyLimit' in props ? { historyLimit: `${props.historyLimit}` } : {}),
      ...('historyDays' in props ? { historyDays: `${props.historyDays}` } : {}),
    };
    expect(await start('default', '1', more, 'default')).toMatchObject({ error: undefined });
    const second = start('default', '2', more, 'default');
    await wait(1500);
    await end('default-1');
    expect(await second).toMatchObject({ error: undefined });
    if (props.overlap !== 'forbid') await end('default-2');
    expect(await start('default', '3', more, 'default')).toMatchObject({ error: undefined });
    const cannot = await server.kubectl([
      'auth',
      'can-i',
      '--list',
      '--as=system:serviceaccount:shop:default',
      '--namespace=shop',
      '--no-headers',
    ]);
    expect(cannot).not.toMatch(/secrets|configmaps|pods/u);
  });

  describe('for people', () => {
    const as = () => {
      const { context, printed } = testContext({ env: { PATH: kubernetesPath, HOME: room, TMPDIR: room } });
      const where = { kubeconfig: server.kubeconfig('admin'), namespace: 'shop' };
      return { context, printed, where };
    };

    test('list, pause, resume and next', async () => {
      await apply(objectsOf({ name: 'people' }));
      await start('people', '1');
      const { context, printed, where } = as();
      await listAll(context, { ...where, output: 'text' });
      expect(printed.at(-1)).toMatch(
        /^people +0 3 \* \* \* +Europe\/Berlin +\d{4}-\d\d-\d\dT0[12]:00Z +people-1 +-$/mu,
      );
      await setPaused(context, where, 'people', true);
      await listAll(context, { ...where, output: 'json' });
      expect(JSON.parse(printed.at(-1) ?? '').find((one: { name: string }) => one.name === 'people')).toMatchObject({
        paused: true,
        nextStart: null,
        running: ['people-1'],
      });
      await setPaused(context, where, 'people', false);
      expect(printed.at(-1)).toMatch(/^people starts next \d{4}-\d\d-\d\dT03:00\+0[12]:00 Europe\/Berlin$/u);
      await showNext(context, { ...where, count: 2, timeZone: 'Etc/UTC' }, 'people');
      expect(printed.at(-1)?.trim().split('\n')).toHaveLength(2);
    });

    test('a schedule that is not there is refused with those that are', async () => {
      const { context, where } = as();
      await expect(setPaused(context, where, 'nobody', true)).rejects.toMatchObject({
        kind: 'input',
        hint: expect.stringContaining('people'),
      });
    });

    test('run makes the Job of the CronJob, without its jitter, and says when it fails', async () => {
      await apply(objectsOf({ name: 'manual', jitter: '10m' }));
      const { context, printed, where } = as();
      const running = runNow(context, where, 'manual').catch((error: unknown) => error);
      await expect.poll(() => printed.length, { timeout: 10_000 }).toBeGreaterThan(0);
      const [job] = (await inShop('get', 'jobs', '--output=name')).split('\n').map((line) => line.split('/')[1] ?? '');
      expect(printed).toEqual([`made Job ${job}`]);
      expect(job).toMatch(/^manual-manual-[0-9a-f]{6}$/u);
      const { metadata, spec } = JSON.parse(await inShop('get', 'job', job ?? '', '--output=json'));
      expect(metadata.ownerReferences[0]).toMatchObject({ kind: 'CronJob', name: 'manual', controller: true });
      const { args } = spec.template.spec.containers[0];
      expect(args).toContain('--overlap=forbid');
      expect(args.join(' ')).not.toContain('--jitter');
      const started = new Date().toISOString();
      const failed = ['FailureTarget', 'Failed'].map((type) => ({ type, status: 'True', lastTransitionTime: started }));
      const patch = { status: { startTime: started, conditions: failed } };
      await inShop(
        'patch',
        'job',
        job ?? '',
        '--subresource=status',
        '--type=merge',
        `--patch=${JSON.stringify(patch)}`,
      );
      expect(await running).toMatchObject({ kind: 'tool', message: `the Job ${job} failed` });
    });
  });
});

test('next needs no cluster for a schedule as it is written', async () => {
  const { context, printed } = testContext({ now: () => new Date('2026-03-28T12:00:00Z') });
  await showNext(context, { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', count: 2 }, undefined);
  expect(printed).toEqual(['2026-03-30T02:30+02:00 Europe/Berlin\n2026-03-31T02:30+02:00 Europe/Berlin\n']);
});

test.each([
  [{ schedule: '0 3 * *', timeZone: 'Etc/UTC' }, 'input', /five cron fields/u],
  [{ schedule: '0 3 * * *', timeZone: 'europe/berlin' }, 'input', /written Europe\/Berlin/u],
  [{ timeZone: 'Etc/UTC' }, 'usage', /--schedule/u],
])('next refuses %o', async (request, kind, why) => {
  const { context } = testContext();
  await expect(showNext(context, { count: 1, ...request }, undefined)).rejects.toMatchObject({
    kind,
    why: expect.stringMatching(why),
  });
});
