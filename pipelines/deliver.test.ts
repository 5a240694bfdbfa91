/** What the Pipeline `deliver` passes from task to task, and what it leaves out when one fails: its steps do nothing here. */
import { describe, expect, test } from 'vitest';
import { type Fake, type FakeCall, type FakeEnd, runPipeline } from '../src/testing.js';
import { image } from '../tasks/steps/image.js';
import { deliver, usualEnvironments } from './deliver.js';

const url = 'https://example.com/shop.git';
const built = {
  'CHAINS-GIT_URL': url,
  'CHAINS-GIT_COMMIT': 'c0ffee',
  IMAGE_URL: 'example.com/dev/api:c0ffee',
  IMAGE_DIGEST: 'sha256:2',
  IMAGES: 'example.com/dev/api@sha256:2',
  REUSED_IMAGES: 'example.com/dev/web@sha256:1',
};

/** What a step gives: the list of images that a task leaves has a digest with its name in it. */
function given({ task, step }: FakeCall): FakeEnd {
  if (step === 'clone') return { results: { url, commit: 'c0ffee', 'committer-date': '0' } };
  if (step === 'build-push') return { results: { reused: 'web' } };
  const digest = { LIST_DIGEST: `sha256:of-${task}` };
  if (step === 'record') return { results: { ...built, ...digest } };
  return step === 'promote' ? { results: digest } : {};
}

async function run(until: string, steps: Readonly<Record<string, Fake>> = {}) {
  const calls: FakeCall[] = [];
  const noted = (call: FakeCall) => {
    calls.push(call);
    return given(call);
  };
  const outcome = await runPipeline(deliver, {
    params: { url, repository: 'example.com/dev', until },
    workspaces: { source: { files: {} }, environments: { configMap: { 'environments.yaml': '' } } },
    images: { [image]: noted },
    steps,
  });
  const flags = (task: string, step: string, ...names: readonly string[]) => {
    const args = calls.find((call) => call.task === task && call.step === step)?.args ?? [];
    return names.map((name) => args.find((one) => one.startsWith(`--${name}=`))?.replace(`--${name}=`, ''));
  };
  return { ...outcome, flags };
}

test('each environment takes the list that the one before has proven, and no other', async () => {
  const { flags, order, succeeded, skipped } = await run('prod');
  expect({ succeeded, skipped }).toEqual({ succeeded: true, skipped: {} });
  expect(order.filter((task) => task !== 'publish')).toEqual(['check', 'build', 'to-dev', 'to-pp', 'to-prod']);
  const read = (task: string, step: string) => flags(task, step, 'build-result', 'list-digest');
  const written = (file: string, by: string) => [`/source/${file}`, `sha256:of-${by}`];
  expect(read('to-dev', 'promote')).toEqual(written('build_result.json', 'build'));
  expect(read('to-pp', 'promote')).toEqual(written('build_result.dev.json', 'to-dev'));
  expect(read('to-prod', 'promote')).toEqual(written('build_result.pp.json', 'to-pp'));
  for (const name of usualEnvironments) {
    for (const step of ['set-image', 'watch'])
      expect(read(`to-${name}`, step)).toEqual(written(`build_result.${name}.json`, `to-${name}`));
  }
  expect(flags('to-dev', 'promote', 'source', 'destination')).toEqual(['', 'dev']);
  expect(flags('to-prod', 'promote', 'source', 'destination')).toEqual(['pp', 'prod']);
});

test('nothing is built before the environments of the delivery are checked', async () => {
  const { flags } = await run('pp');
  expect(flags('check', 'check', 'through', 'until', 'repository', 'environments')).toEqual([
    'dev,pp,prod',
    'pp',
    'example.com/dev',
    '/environments',
  ]);
  const { order, errors } = await run('prd', { 'check/check': { exitCode: 3 } });
  expect(order).toEqual(['check']);
  expect(errors).toEqual(['check: "step-check" exited with code 3: Error']);
});

test('what is published is what the build has recorded, also of images that it found', async () => {
  const { flags, results } = await run('dev');
  expect(flags('publish', 'publish', 'list-digest', 'git-revision', 'git-url', 'reused-images')).toEqual([
    'sha256:of-build',
    'c0ffee',
    url,
    built.REUSED_IMAGES,
  ]);
  expect(results).toEqual(built);
});

test('the steps of one environment, and the environments of one run, hold one Lease', async () => {
  const { flags } = await run('pp');
  const holders = ['to-dev', 'to-pp'].flatMap((task) =>
    ['promote', 'set-image', 'watch'].flatMap((step) => flags(task, step, 'lease-holder')),
  );
  expect(new Set(holders).size).toBe(1);
  expect(holders[0]).toMatch(/^pipelinerun\/default\/deliver-run-\w{5}\/[0-9a-f-]{36}$/u);
});

describe('an environment is left out', () => {
  test('after the last one that is asked for', async () => {
    const { order, skipped, succeeded } = await run('dev');
    expect(succeeded).toBe(true);
    expect(order).not.toContain('to-pp');
    expect(skipped).toEqual({
      'to-pp': 'When Expressions evaluated to false',
      'to-prod': 'When Expressions evaluated to false',
    });
  });

  test.each(['promote', 'set-image', 'watch', 'helm-test'])('when %s of the one before fails', async (step) => {
    const { order, skipped, errors, log } = await run('prod', { [`to-dev/${step}`]: { exitCode: 6, output: 'no' } });
    expect(errors).toEqual([`to-dev: "step-${step}" exited with code 6: Error`]);
    expect(order).not.toContain('to-pp');
    expect(skipped).toEqual({ 'to-pp': 'PipelineRun was stopping', 'to-prod': 'PipelineRun was stopping' });
    expect(log(`to-dev/${step}`)).toBe('no');
  });

  test('when the build fails: nothing is published either', async () => {
    const { order, errors } = await run('prod', { 'build/build-push': { exitCode: 4 } });
    expect(order).toEqual(['check', 'build']);
    expect(errors).toEqual(['build: "step-build-push" exited with code 4: Error']);
  });

  test('when there is no list of what it shall take', async () => {
    const { order, message } = await run('prod', { 'to-dev/promote': {} });
    expect(order).not.toContain('to-pp');
    expect(message).toMatch(/did not emit the result "LIST_DIGEST"/u);
  });
});
