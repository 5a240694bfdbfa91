import { Cron } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { pipeline, pipelineRun, task } from '../tekton/index.js';
import { CatalogApp } from './catalog-app.js';
import { CatalogChart } from './catalog-chart.js';
import { ScheduledRun } from './scheduled-run.js';

const image = `example.com/tool:1@sha256:${'a'.repeat(64)}`;
const work = task('work', { steps: () => [{ name: 'do', image, command: ['true'] }] });
const nightly = pipeline('nightly', {}, (p) => {
  p.task('work', work);
});
const run = pipelineRun({ generateName: 'nightly-' }, nightly, { timeouts: { pipeline: '30m' } });

function synth(props: Partial<ConstructorParameters<typeof ScheduledRun>[2]>): string {
  const app = new CatalogApp({ producedBy: 'test', outdir: 'unused', installed: [nightly] });
  const chart = new CatalogChart(app, 'schedule', { source: 's' });
  new ScheduledRun(chart, 'nightly', { name: 'nightly', run, schedule: '0 3 * * *', image, ...props });
  return app.files().get('schedule.yaml') ?? '';
}

const objectsOf = (props: Parameters<typeof synth>[0]) =>
  parseAllDocuments(synth(props)).map((document) => document.toJS());

test('a schedule is a CronJob whose account may create PipelineRuns and nothing else, if runs may overlap', () => {
  const objects = objectsOf({ timeZone: 'Europe/Berlin', overlap: 'allow' });
  expect(objects.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'CronJob']);
  expect(objects[1].rules).toEqual([{ apiGroups: ['tekton.dev'], resources: ['pipelineruns'], verbs: ['create'] }]);
  expect(objects[3].data['run.yaml']).toContain('generateName: nightly-');
  const { spec } = objects[4];
  expect(spec).toMatchObject({ schedule: '0 3 * * *', timeZone: 'Europe/Berlin', concurrencyPolicy: 'Forbid' });
});

test.each([
  [{}, ['create', 'list']],
  [{ overlap: 'queue' }, ['create', 'list', 'watch']],
  [{ overlap: 'replace' }, ['create', 'list', 'watch', 'patch']],
  [{ overlap: 'allow', historyLimit: 5 }, ['create', 'list', 'delete']],
] as const)('with %o, its account may do what that needs: %j', (props, verbs) => {
  const [, { rules }] = objectsOf(props);
  expect(rules[0].verbs).toEqual(verbs);
});

test('its pod gets all that is set, and has the time for it', () => {
  const { jobTemplate } = objectsOf({ overlap: 'queue', overlapWait: '2h', jitter: '10m', historyDays: 30 })[4].spec;
  expect(jobTemplate.spec.template.spec.containers[0].args).toEqual([
    'schedule',
    'start',
    '--name=nightly',
    '--file=/etc/octopipeline/run.yaml',
    '--overlap=queue',
    '--overlap-wait=2h',
    '--jitter=10m',
    '--history-days=30',
  ]);
  expect(jobTemplate.spec.activeDeadlineSeconds).toBe(8100);
});

test('a schedule may be a Cron of cdk8s', () => {
  expect(synth({ schedule: Cron.daily() })).toContain('schedule: "0 0 * * *"');
});

describe('a schedule that cannot work is refused', () => {
  const fixed = pipelineRun('once', nightly, {});
  test.each<[Parameters<typeof synth>[0], string]>([
    [{ schedule: '0 3 * *' }, 'five cron fields'],
    [{ schedule: '61 3 * * *' }, 'five cron fields'],
    [{ schedule: '0 0 3 * * *' }, 'five cron fields'],
    [{ schedule: 'H 3 * * *' }, 'five cron fields'],
    [{ run: fixed }, 'generateName'],
    [{ image: 'example.com/tool:1' }, 'no digest'],
    [{ name: 'x'.repeat(53) }, 'at most 52'],
    [{ timeZone: 'Europe/Atlantis' }, 'timeZone: "Europe/Atlantis" is refused'],
    [{ jitter: '0s' }, 'jitter: "0s" is not a duration'],
    [{ historyLimit: 0 }, 'historyLimit: 0 is not a whole number'],
  ])('%o', (props, message) => {
    expect(() => synth(props)).toThrow(message);
  });

  test('with the problems of its run, all at once', () => {
    const wrong = pipelineRun({ generateName: 'nightly-' }, nightly, { timeouts: { pipeline: '1h', tasks: '2h' } });
    expect(() => synth({ run: wrong, schedule: 'daily' })).toThrow(/five cron fields[\s\S]*pipelinerun\/nightly-/u);
  });
});
