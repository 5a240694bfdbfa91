import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { buildPush } from '../../pipelines/build-push.js';
import { buildPushExample } from '../../pipelines/examples/build-push.js';
import { CatalogApp, CatalogChart, pipelineRun, ScheduledRun } from '../../src/index.js';
import {
  applyDist,
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
beforeAll(async () => {
  namespace = await createNamespace('scheduled');
  await applyDist(namespace);
});
afterAll(() => removeNamespace(namespace));

test('a CronJob with Pod Security restricted creates the PipelineRun, with no other rights', async () => {
  const { serviceAccountName, podTemplate } = buildPushExample.options;
  const run = pipelineRun({ generateName: 'nightly-' }, buildPush, {
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(podTemplate === undefined ? {} : { podTemplate }),
    params: { url: `${gitService}/shop.git`, repository: `${registryForPods}/${namespace}` },
    workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
  });
  const app = new CatalogApp({ producedBy: 'test', outdir: 'unused' });
  const chart = new CatalogChart(app, 'nightly', { source: 'test' });
  new ScheduledRun(chart, 'nightly', { name: 'nightly', run, schedule: '0 3 1 1 *', image: await imageReference() });
  const objects = parseAllDocuments(app.files().get('nightly.yaml') ?? '').map((document) => document.toJS());
  await kubectl(['apply', `--namespace=${namespace}`, '--filename=-'], {
    input: objects.map((o) => stringify(o)).join('---\n'),
  });

  await kubectl(['create', 'job', '--from=cronjob/nightly', 'now', `--namespace=${namespace}`]);
  await kubectl(['wait', 'job/now', '--for=condition=complete', `--namespace=${namespace}`, '--timeout=60s'], {
    timeout: 70_000,
  });
  const { items } = await kubectlJson<{ items: readonly { metadata: { name: string } }[] }>([
    'get',
    'pipelinerun',
    `--namespace=${namespace}`,
  ]);
  const name = items[0]?.metadata.name ?? '';
  expect(name).toMatch(/^nightly-/u);
  const started = { kind: 'PipelineRun', name, namespace } as const;
  const outcome = await waitForRun(started);
  expect(outcome, await logs(started)).toMatchObject({ succeeded: true });

  const account = `--as=system:serviceaccount:${namespace}:nightly`;
  const { stdout } = await enter('kubectl', [
    'auth',
    'can-i',
    '--list',
    account,
    `--namespace=${namespace}`,
    '--no-headers',
  ]);
  const granted = stdout.split('\n').filter((line) => !/selfsubject|^\s+\[\//u.test(line));
  expect(granted.map((line) => line.trim().split(/\s{2,}/u))).toEqual([
    ['pipelineruns.tekton.dev', '[]', '[]', '[create]'],
  ]);
});
