import { describe, expect, test } from 'vitest';
import {
  podControllerObject,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from '../../../../../test/op/cluster-objects.js';
import {
  api,
  deployed,
  expectedOf,
  image,
  none,
  repository,
  requirementsOf,
  right,
  runs,
  verdictOn,
  web,
} from '../../../../../test/op/judging.js';
import { kinds } from '../../../systems/kubernetes/api.js';
import { judgeSnapshot } from './judge-snapshot.js';

const both = requirementsOf({ expected: [web, api] });
const allowing = requirementsOf({ expected: [web, api], allowUnused: true });
const template = templateOf([`${repository}/api:v1@${api.image.digest}`]);
const scaledToZero = { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } };
const running = deployed([image], { c0: runs(right) });
const empty = workloadObject({ name: 'api', template, ...scaledToZero });
const cron = (suspend: boolean) => workloadObject({ kind: kinds.cronJob, name: 'api', template, spec: { suspend } });

describe('each image needs a pod of its own', () => {
  test('the pods of one image do not prove another that is scaled to zero', () => {
    const verdict = verdictOn([...running, empty], both);
    expect(verdict).toBe(
      `refused: no pod runs api (${repository}/api:v1@${api.image.digest}): Deployment api is scaled to zero`,
    );
  });

  test('one workload with pods is enough for an image that several use', () => {
    const apiPods = deployed(
      [`${repository}/api:v1@${api.image.digest}`],
      { c0: `x@${api.image.digest}` },
      { name: 'b' },
    );
    expect(verdictOn([...running, empty, ...apiPods], both)).toBe('proven');
  });

  test('two images of the same content are proven by the workloads that name each', () => {
    const copy = expectedOf('copy');
    const of = (name: string) => deployed([`${repository}/${name}:v1@${right}`], { c0: `x@${right}` }, { name });
    const twins = requirementsOf({ expected: [web, copy] });
    expect(verdictOn([...of('web'), ...of('copy')], twins)).toBe('proven');
    expect(verdictOn(of('web'), twins)).toMatch(/uses copy/u);
  });

  test('one pod proves both images that it runs', () => {
    const pods = { c0: runs(right), c1: `x@${api.image.digest}` };
    expect(verdictOn(deployed([image, `${repository}/api:v1@${api.image.digest}`], pods), both)).toBe('proven');
  });

  test('with --allow-unused it is a note, unless no image has pods', () => {
    expect(judgeSnapshot(snapshotOf([...running, empty]), allowing, none)).toMatchObject({
      verdict: 'proven',
      notes: [
        'Deployment api is scaled to zero: only its template was compared',
        expect.stringMatching(/^no pod runs api .*: Deployment api is scaled to zero$/u),
      ],
    });
    expect(judgeSnapshot(snapshotOf([empty]), allowing, none)).toMatchObject({ verdict: 'refused' });
    const allEmpty = [empty, workloadObject({ template: templateOf([image]), ...scaledToZero })];
    expect(verdictOn(allEmpty, allowing)).toMatch(/^refused: no pod runs web/u);
  });
});

describe('an image that only CronJobs use', () => {
  test('waits for the next run: its template is enough', () => {
    expect(verdictOn([...running, cron(false)], both)).toBe('proven');
  });

  test('is not proven by a suspended one, which has no next run', () => {
    const found = judgeSnapshot(snapshotOf([...running, cron(true)]), both, none);
    expect(found).toMatchObject({ verdict: 'refused', why: expect.stringMatching(/: CronJob api is suspended$/u) });
    expect(found.hint).toContain('kubectl create job api-once --from=cronjob/api --namespace=shop');
    expect(verdictOn([...running, cron(true), cron(false)], both)).toBe('proven');
  });

  test('is proven by the pod of a Job, also when it is suspended', () => {
    const suspended = cron(true);
    const job = podControllerObject(kinds.job, suspended, template);
    const containers = { c0: { imageID: `x@${api.image.digest}`, state: { terminated: { exitCode: 0 } } } };
    expect(verdictOn([...running, suspended, job, podObject(job, { containers, phase: 'Succeeded' })], both)).toBe(
      'proven',
    );
  });

  test('needs a pod where a Deployment uses it too', () => {
    expect(verdictOn([...running, empty, cron(false)], both)).toMatch(
      /^refused: .*: Deployment api is scaled to zero, CronJob api has not run$/u,
    );
  });
});
