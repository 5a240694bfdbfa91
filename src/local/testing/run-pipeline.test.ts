import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { eq, flag, param, pipeline, result, step, task, text, workspace } from '../../index.js';
import { type FakeCall, runPipeline, type TektonObject } from '../../testing.js';

const image = `example.com/tool:1@sha256:${'c'.repeat(64)}`;

const clone = task('clone', {
  params: { url: param.string(), revision: param.string({ default: 'main' }) },
  results: { commit: result.string(), files: result.array() },
  workspaces: { source: workspace() },
  steps: ({ params, results, workspaces }) => [
    {
      name: 'clone',
      image,
      command: ['clone', flag('url', params.url)],
      args: [flag('to', workspaces.source.path), text`--commit=${results.commit.path}`, results.files.path],
      env: { REVISION: params.revision },
    },
  ],
});
const check = task('check', {
  params: { commit: param.string(), files: param.array() },
  results: { verdict: result.string() },
  workspaces: { source: workspace({ readOnly: true }) },
  steps: ({ params }) => {
    const look = step('look', { seen: result.string() }, ({ results }) => ({
      image,
      command: ['look', results.seen.path],
      args: [...params.files],
    }));
    return {
      steps: [look, { name: 'judge', image, command: ['judge'], args: [flag('seen', look.results.seen)] }],
      results: { verdict: look.results.seen },
    };
  },
});
const tell = task('tell', {
  params: { text: param.string() },
  steps: ({ params }) => [{ name: 'tell', image, command: ['tell', params.text] }],
});
const ci = pipeline(
  'ci',
  { params: { url: param.string(), ship: param.string({ default: 'yes' }) }, workspaces: { source: workspace() } },
  (p) => {
    const { source } = p.workspaces;
    const cloned = p.task('clone', clone, { params: { url: p.params.url }, workspaces: { source } });
    const { commit, files } = cloned.results;
    const checked = p.task('check', check, { params: { commit, files }, workspaces: { source } });
    p.task('ship', tell, { params: { text: commit }, when: eq(p.params.ship, 'yes'), after: [checked] });
    p.finally('report', tell, { params: { text: text`${checked.status} ${p.status}` } });
    return { commit, files, verdict: { value: checked.results.verdict, description: 'What check found' } };
  },
);

const given = { params: { url: 'https://example.com/a.git' }, workspaces: { source: { files: { 'old.txt': 'old' } } } };
const steps = {
  'clone/clone': { results: { commit: 'abc', files: ['a b', 'c'] } },
  'check/look': { results: { seen: 'fine' }, output: 'one\ntwo\n' },
  'check/judge': {},
};

test('a Pipeline runs without its images: what tasks give reaches those that use it', async () => {
  const calls: FakeCall[] = [];
  const note = (call: FakeCall) => void calls.push(call);
  const run = await runPipeline(ci, { ...given, steps: { ...steps, 'check/judge': note }, images: { [image]: note } });
  expect(run).toMatchObject({ succeeded: true, status: 'True', reason: 'Succeeded', skipped: {}, errors: [] });
  expect(run.order).toEqual(['clone', 'check', 'ship', 'report']);
  expect(run.results).toEqual({ commit: 'abc', files: ['a b', 'c'], verdict: 'fine' });
  expect(run.task('check').params).toEqual({ commit: 'abc', files: ['a b', 'c'] });
  expect(calls.map(({ task: of, step: name, command, args }) => [of, name, ...command, ...args])).toEqual([
    ['check', 'judge', 'judge', '--seen=fine'],
    ['ship', 'tell', 'tell', 'abc'],
    ['report', 'tell', 'tell', 'Succeeded Succeeded'],
  ]);
});

test('a fake sees what the step would: paths of a pod, the environment, params with defaults, and real directories', async () => {
  let seen: FakeCall | undefined;
  const run = await runPipeline(ci, {
    ...given,
    steps: {
      ...steps,
      'clone/clone': async (call) => {
        seen = call;
        const { source = '' } = call.workspaces;
        await writeFile(join(source, 'new.txt'), await readFile(join(source, 'old.txt')));
        return { results: { commit: 'abc', files: [] } };
      },
      'check/judge': async ({ workspaces: { source = '' } }) => ({
        output: await readFile(join(source, 'new.txt'), 'utf8'),
      }),
    },
    images: { 'example.com/tool': {} },
  });
  expect(seen).toMatchObject({
    image,
    command: ['clone', '--url=https://example.com/a.git'],
    args: ['--to=/workspace/source', '--commit=/tekton/results/commit', '/tekton/results/files'],
    params: { url: 'https://example.com/a.git', revision: 'main' },
    retry: 0,
  });
  expect(seen?.env.REVISION).toBe('main');
  expect(run.log('check')).toBe('one\ntwo\nold');
  expect(run.log('check/judge')).toBe('old');
});

test('what a failure and a condition leave out is said in the words of Tekton', async () => {
  const failed = await runPipeline(ci, {
    ...given,
    steps: { ...steps, 'check/look': { exitCode: 3, output: 'bad' } },
    images: { [image]: {} },
  });
  expect(failed).toMatchObject({
    succeeded: false,
    reason: 'Failed',
    message: 'Tasks Completed: 3 (Failed: 1, Cancelled 0), Skipped: 1',
    order: ['clone', 'check', 'report'],
    skipped: { ship: 'PipelineRun was stopping' },
    errors: ['check: "step-look" exited with code 3: Error'],
    results: { commit: 'abc' },
  });
  expect(failed.task('check').steps).toEqual({
    look: { exitCode: 3, reason: 'Error' },
    judge: { exitCode: 1, reason: 'Skipped' },
  });
  expect(failed.task('report').params).toEqual({ text: 'Failed Failed' });
  expect(() => failed.task('ship')).toThrow('the task ship did not run: PipelineRun was stopping');
  expect(() => failed.task('shop')).toThrow('there is no task shop: the tasks are clone, check, ship, report');

  const unwanted = await runPipeline(ci, {
    ...given,
    params: { ...given.params, ship: 'no' },
    steps,
    images: { [image]: {} },
  });
  expect(unwanted).toMatchObject({ succeeded: true, skipped: { ship: 'When Expressions evaluated to false' } });
});

test('a Task alone has the results of its steps', async () => {
  const run = await runPipeline(check, {
    params: { commit: 'c', files: ['x'] },
    workspaces: { source: { emptyDir: true } },
    steps: { 'check/look': steps['check/look'], 'check/judge': {} },
  });
  expect(run).toMatchObject({ succeeded: true, results: { verdict: 'fine' }, order: ['check'] });
});

test('a Task can be a text: YAML, or JSON on one line', async () => {
  const spec = { steps: [{ name: 's', image: 'x' }] };
  const object = JSON.stringify({ apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 't' }, spec });
  for (const text of [object, ` ${object}`, `---\n${object}`]) {
    expect(await runPipeline(text, { images: { x: {} } })).toMatchObject({ succeeded: true, order: ['t'] });
  }
});

describe('it is refused, with what to do,', () => {
  test('when a step has neither a fake nor an image that is this machine', async () => {
    await expect(runPipeline(ci, { ...given, steps })).rejects.toThrow(
      `tell > spec.steps[0].image: ${image} is not known to be this machine; say what it does: steps: { 'ship/tell': … } or images: { '${image}': … }`,
    );
  });

  test.each([
    [{ steps: { 'clone/clnoe': {} } }, "steps['clone/clnoe']: there is no step clone/clnoe; did you mean clone/clone?"],
    [{ steps: { 'klone/clone': {} } }, 'did you mean clone/clone?'],
    [{ images: { 'example.com/other': {} } }, 'there is no step with the image example.com/other'],
  ])('when a fake is for a step that is not there: %j', async (fakes, message) => {
    const images = { [image]: {}, ...('images' in fakes ? fakes.images : {}) };
    await expect(runPipeline(ci, { ...given, ...fakes, images })).rejects.toThrow(message);
  });

  test('when a fake gives a result that the step cannot give', async () => {
    const wrong = runPipeline(ci, {
      ...given,
      steps: { ...steps, 'clone/clone': { results: { comit: 'x' } } },
      images: { [image]: {} },
    });
    await expect(wrong).rejects.toThrow(
      /the fake of clone\/clone gives a result comit.*\n.*its results are commit, files/u,
    );
    const derived = runPipeline(ci, {
      ...given,
      steps: { ...steps, 'check/judge': { results: { verdict: 'x' } } },
      images: { [image]: {} },
    });
    await expect(derived).rejects.toThrow('the Task takes it from $(steps.look.results.seen)');
  });

  test('when params or workspaces are wrong', async () => {
    const yaml = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 't' },
      spec: { params: [{ name: 'a' }], workspaces: [{ name: 'w' }], steps: [{ name: 's', image: 'x' }] },
    };
    await expect(runPipeline(yaml, { params: { b: '1' } })).rejects.toThrow(/there is no param b\n.*its params are a/u);
    await expect(runPipeline(yaml, { params: { a: ['1'] } })).rejects.toThrow('the param a is of the type array');
    await expect(runPipeline(yaml, { images: { x: {} }, workspaces: { w: 'nowhere' } })).rejects.toThrow(
      'missing values for these params which have no default values: [a]',
    );
    await expect(runPipeline(yaml, { images: { x: {} }, params: { a: '1' } })).rejects.toThrow(
      'the workspace w is not bound',
    );
  });

  test('when a fake throws, with what it has thrown', async () => {
    const thrown = new Error('a wrong assertion');
    const fails = runPipeline(ci, { ...given, images: { [image]: () => Promise.reject(thrown) } });
    await expect(fails).rejects.toBe(thrown);
  });
});

/** What only a cluster has. */
const needsCluster = (more: object = {}) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: { name: 'deep' },
  spec: {
    volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    steps: [
      {
        name: 'root',
        image: 'example.com/root',
        securityContext: { privileged: true },
        volumeMounts: [{ name: 'token', mountPath: '/token' }],
      },
      { name: 'plain', image: 'example.com/plain', ...more },
    ],
    sidecars: [{ name: 'daemon', image: 'example.com/daemon', securityContext: { privileged: true } }],
  },
});

test('what only a cluster has is no obstacle to a step that is faked, and is one to others', async () => {
  const all = await runPipeline(needsCluster(), { images: { 'example.com/root': {}, 'example.com/plain': {} } });
  expect(all.succeeded).toBe(true);
  const mounts = needsCluster({ volumeMounts: [{ name: 'token', mountPath: '/token' }] });
  const some = runPipeline(mounts, { steps: { 'deep/root': {} } });
  await expect(some).rejects.toThrow(/spec\.volumes\[0\]\.projected\.sources\[0\]\.serviceAccountToken/u);
  await expect(some).rejects.toThrow(/spec\.sidecars\[0\]\.securityContext\.privileged/u);
  await expect(some).rejects.not.toThrow(/spec\.steps\[0\]/u);
});

test('retries, a matrix, timeouts of steps and variables from Secrets are as in a cluster', async () => {
  const yaml = `
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: hunter22 }
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: odd }
spec:
  tasks:
    - name: flaky
      retries: 2
      taskSpec:
        params: [{ name: image, default: example.com/x }]
        results: [{ name: try }]
        steps: [{ name: s, image: $(params.image), script: 'exit 9' }]
    - name: each
      matrix: { params: [{ name: os, value: [linux, mac] }] }
      taskSpec:
        params: [{ name: os }]
        steps:
          - name: s
            image: example.com/x
            env: [{ name: PASSWORD, valueFrom: { secretKeyRef: { name: login, key: password } } }]
    - name: slow
      onError: continue
      taskSpec: { steps: [{ name: s, image: example.com/x, timeout: 50ms }] }
`;
  const passwords: (string | undefined)[] = [];
  const run = await runPipeline(yaml, {
    steps: {
      'flaky/s': ({ retry, script }) => ({
        exitCode: retry < 2 ? 1 : 0,
        output: `${script}`,
        results: { try: `${retry}` },
      }),
      'each/s': ({ params: { os }, env }) => {
        passwords.push(env.PASSWORD);
        return { output: `${os} ${env.PASSWORD}` };
      },
      'slow/s': () => new Promise<undefined>(() => {}),
    },
  });
  expect(run.errors).toEqual(['slow: "step-s" exited because the step exceeded the specified timeout limit']);
  expect(run.succeeded).toBe(true);
  expect(run.task('flaky')).toMatchObject({ retries: 2, results: { try: '2' } });
  expect(run.log('flaky').split('\n').slice(0, 3)).toEqual(['#!/bin/sh', 'set -e', 'exit 9']);
  expect(run.taskRuns('each').map(({ params }) => params)).toEqual([{ os: 'linux' }, { os: 'mac' }]);
  expect(() => run.task('each')).toThrow('the task each has 2 TaskRuns: use taskRuns');
  expect(passwords).toEqual(['hunter22', 'hunter22']);
  expect(run.log('each').split('\n').toSorted()).toEqual(['linux ***', 'mac ***']);
});

test('the definition types the options and the results', () => {
  const types = () => {
    const run = runPipeline(ci, given);
    expectTypeOf<Awaited<typeof run>['results']>().toEqualTypeOf<
      Partial<{ readonly commit: string; readonly files: readonly string[]; readonly verdict: string }>
    >();
    // @ts-expect-error url is required
    runPipeline(ci, { workspaces: given.workspaces });
    // @ts-expect-error there is no param ulr
    runPipeline(ci, { ...given, params: { url: 'x', ulr: 'x' } });
    // @ts-expect-error source is required
    runPipeline(ci, { params: given.params });
    runPipeline('ci.yaml');
  };
  expect(types).toBeTypeOf('function');
});

test('when a run has ended, so has every TaskRun on disk, also one that takes long to write', async () => {
  const tasks = [
    // Its object has the text 16 times.
    { name: 'large', retries: 15, taskSpec: { steps: [{ name: 's', image: 'x', script: '#'.repeat(200_000) }] } },
    { name: 'small', taskSpec: { steps: [{ name: 's', image: 'x' }] } },
  ];
  let last = () => {};
  const lastTry = new Promise<void>((resolve) => {
    last = resolve;
  });
  const pipeline = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'uneven' }, spec: { tasks } };
  const run = await runPipeline(pipeline as TektonObject, {
    steps: {
      'large/s': ({ retry }) => {
        if (retry === 15) last();
        return { exitCode: retry === 15 ? 0 : 1 };
      },
      'small/s': async () => {
        await lastTry;
        await sleep(30);
        return {};
      },
    },
  });
  expect(['large', 'small'].map((name) => run.task(name).status)).toEqual(['True', 'True']);
});
