import { expect, test } from 'vitest';
import type { PlanRun } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { type ItemSettings, plannedRun } from './item-run.js';

const settings = (secrets: readonly string[]): ItemSettings => ({
  url: 'https://git.example.com/acme/shop.git',
  task: 'release-item',
  serviceAccount: 'item',
  serviceAccounts: [],
  secrets,
  timeout: 60_000,
  sslVerify: true,
  basicAuth: 'git',
  sshKey: undefined,
  sslCa: undefined,
});
const run: PlanRun = { kind: 'Task', name: 'sign', files: [], params: {}, workspaces: {} };
const object = (kind: string, name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'tekton.dev/v1', kind, metadata: { name }, spec });
const signs = { steps: [{ name: 'a', image: 'i', envFrom: [{ secretRef: { name: 'keys' } }] }] };
const planned = (secrets: readonly string[], text: string, more: Partial<PlanRun> = {}) => {
  const digest = digestOf(text);
  return () =>
    plannedRun(
      settings(secrets),
      'shop/@r1/task/sign call 1',
      { documents: { [digest]: text } },
      { ...run, digest, ...more },
      {},
    );
};
const refused = expect.objectContaining({
  kind: 'refused',
  why: 'the code of a repository chooses it, and it uses the Secret "keys", which nobody has allowed',
  hint: expect.stringContaining('the param secrets of the Pipelines release and work'),
});

test('a Task of a plan may use the Secrets that the platform names, and no other', () => {
  const text = object('Task', 'sign', signs);
  expect(planned([], text)).toThrow(refused);
  // The Secret of the worker for Git is not one of them.
  expect(planned(['git'], text)).toThrow(refused);
  expect(planned(['keys'], text)().object).toMatchObject({ spec: { taskSpec: signs } });
});

test('a Task whose text is not that of its digest any more does not run: approvals are for the digest', () => {
  const digest = digestOf(object('Task', 'sign', signs));
  const documents = { [digest]: object('Task', 'sign', { steps: [{ name: 'a', image: 'other' }] }) };
  expect(() => plannedRun(settings(['keys']), 'x', { documents }, { ...run, digest }, {})).toThrow(
    'the plan has no Task sign',
  );
});

test('so may a Task of a Pipeline of a plan', () => {
  const tasks = [{ name: 'one', taskRef: { name: 'sign' } }];
  const text = `${object('Pipeline', 'all', { tasks })}\n---\n${object('Task', 'sign', signs)}`;
  const more = { kind: 'Pipeline', name: 'all' } as const;
  expect(planned([], text, more)).toThrow(refused);
  expect(planned(['keys'], text, more)().object).toMatchObject({
    spec: { pipelineSpec: { tasks: [{ taskSpec: signs }] } },
  });
});

test('a workspace may be such a Secret, also of an installed Task, which brings its own', () => {
  const workspaces = { keys: { secret: 'keys' } };
  const installed = (secrets: readonly string[], more: Partial<PlanRun>) => () =>
    plannedRun(settings(secrets), 'x', {}, { ...run, ...more }, {});
  expect(installed([], { workspaces })).toThrow(refused);
  expect(installed(['keys'], { workspaces })().object).toMatchObject({ spec: { taskRef: { name: 'sign' } } });
  expect(installed([], {})).not.toThrow();
});
