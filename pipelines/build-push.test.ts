/** What the Pipeline `build-push` passes to its steps, and what a step that fails keeps from running: the steps do nothing here. */
import { expect, test } from 'vitest';
import { type Fake, type FakeCall, runPipeline } from '../src/testing.js';
import { image } from '../tasks/steps/image.js';
import { buildPush } from './build-push.js';

const url = 'https://example.com/shop.git';
const cloned = { results: { url, commit: 'c0ffee', 'committer-date': '0' } };
const recorded = {
  'CHAINS-GIT_URL': url,
  'CHAINS-GIT_COMMIT': 'c0ffee',
  IMAGES: 'i',
  REUSED_IMAGES: '',
  LIST_DIGEST: 'l',
};

async function run(params: Readonly<Record<string, string>>, steps: Readonly<Record<string, Fake>> = {}) {
  const calls: FakeCall[] = [];
  const give = (call: FakeCall) => {
    calls.push(call);
    if (call.step === 'clone') return cloned;
    if (call.step === 'build-push') return { results: { reused: '' } };
    return call.step === 'record' ? { results: { ...recorded, IMAGE_URL: 'u', IMAGE_DIGEST: 'd' } } : {};
  };
  const outcome = await runPipeline(buildPush, {
    params: { url, repository: 'example.com/shop', ...params },
    workspaces: { source: { files: {} }, dockerconfig: { secret: { 'config.json': '{}' } } },
    images: { [image]: give },
    steps,
  });
  const argsOf = (step: string) => calls.find((call) => call.step === step)?.args ?? [];
  const workspacesOf = (step: string) => Object.keys(calls.find((call) => call.step === step)?.workspaces ?? {});
  return { ...outcome, argsOf, workspacesOf };
}

test('params reach the step that they are for', async () => {
  const { argsOf, succeeded } = await run({
    revision: 'v1',
    'skaffold-file': 'other.yaml',
    'configmap-prefix': 'built',
  });
  expect(succeeded).toBe(true);
  expect(argsOf('clone')).toEqual(expect.arrayContaining([`--url=${url}`, '--revision=v1']));
  expect(argsOf('build-push')).toContain('--skaffold-file=other.yaml');
  expect(argsOf('publish')).toContain('--configmap-prefix=built');
  expect(argsOf('publish')).toContain('--list-digest=l');
});

test('only the step that pushes sees the credentials of the registry', async () => {
  const { workspacesOf } = await run({});
  expect(
    ['clone', 'build-push', 'record', 'publish'].filter((step) => workspacesOf(step).includes('dockerconfig')),
  ).toEqual(['build-push']);
});

test.each(['clone', 'build-push', 'record'])('when %s fails, nothing is published', async (step) => {
  const { order, errors, skipped } = await run({}, { [`build/${step}`]: { exitCode: 3 } });
  expect(order).toEqual(['build']);
  expect(errors).toEqual([`build: "step-${step}" exited with code 3: Error`]);
  expect(skipped).toEqual({ publish: 'PipelineRun was stopping' });
});
