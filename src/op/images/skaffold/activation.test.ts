import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { type Condition, partsOf } from './activation.js';
import { readPlain } from './plain.js';
import type { Project } from './project.js';
import { profilesForDiagnose } from './same-profiles.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'activation-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

async function projectOf(yaml: string, profiles: readonly string[] = []): Promise<Project> {
  const directory = await mkdtemp(join(room, 'project-'));
  await writeFile(join(directory, 'skaffold.yaml'), yaml);
  return { directory, file: 'skaffold.yaml', profiles, namespace: undefined, platforms: [], insecure: [], env: {} };
}

const env = { PATH: `/usr/local/bin:${'/usr/bin:'.repeat(20)}`, ENV: 'production' };

describe('a condition of a profile', () => {
  it.each<[boolean | string, Condition]>([
    [true, { command: 'build' }],
    [true, { command: '(build|dev)' }],
    [true, { command: '^(?:dev|build)$' }],
    [true, { command: '!dev' }],
    [true, { command: '!!build' }],
    [true, { command: 'b' }],
    [false, { command: 'dev|run' }],
    [false, { command: '!build' }],
    [true, { env: 'ENV=production' }],
    [true, { env: 'ENV=prod.*' }],
    [true, { env: 'ENV=^[a-z]+$' }],
    [false, { env: 'ENV=staging|test' }],
    [false, { env: 'ENV=' }],
    [true, { env: 'OTHER=' }],
    ['the Kubernetes context matches prod', { kubeContext: 'prod' }],
    ['the environment has ENV=\\D', { env: 'ENV=\\D' }],
    ['the environment has ENV=(a', { env: 'ENV=(a' }],
    ['the command build matches (?i)BUILD', { command: '(?i)BUILD' }],
  ])('holds for skaffold build: %s, with %j', (expected, condition) => {
    const parts = partsOf(condition, { command: 'build', env });
    expect(parts.find((part) => part !== true) ?? true).toEqual(expected);
  });

  it.each(['^(([a-zA-Z0-9/:._@-]+)+)+!$', '(a|a)*b', '.*.*.*.*.*.*.*.*!', '(x+x+)+y', '(a?){50}a'])(
    'is not guessed from the expression %s, which can take forever',
    (expression) => {
      const start = performance.now();
      const parts = partsOf({ command: 'build', env: `PATH=${expression}` }, { command: 'build', env });
      expect(parts).toContain(`the environment has PATH=${expression}`);
      expect(performance.now() - start).toBeLessThan(1000);
    },
  );
});

describe('the profiles for skaffold diagnose', () => {
  const profile = (...conditions: readonly string[]) =>
    `apiVersion: skaffold/v4beta11\nkind: Config\nprofiles:\n- name: ci\n  requiresAllActivations: true\n  activation:\n${conditions.map((one) => `  - ${one}\n`).join('')}`;
  const forDiagnose = async (yaml: string, profiles: readonly string[] = []) => {
    const project = await projectOf(yaml, profiles);
    return profilesForDiagnose(testContext({ cwd: project.directory, env }).context, project);
  };

  it('are those that are named, if none is activated by command', async () => {
    expect(await forDiagnose(profile('env: ENV=production'), ['ci'])).toEqual({ named: ['ci'], propagate: true });
  });

  it('are refused where op does not evaluate a condition that decides', async () => {
    const yaml = profile('command: build', 'env: "PATH=(a|a)*b"');
    expect(await forDiagnose(yaml)).toMatchObject({
      kind: 'input',
      message: 'op cannot tell which profiles skaffold build applies in skaffold.yaml',
      why: 'the profile ci is activated by command, and op cannot tell whether the environment has PATH=(a|a)*b',
      hint: expect.stringContaining('--profile=-ci'),
    });
    expect(await forDiagnose(yaml, ['ci'])).toMatchObject({ named: ['ci'] });
    expect(await forDiagnose(yaml, ['-ci'])).toMatchObject({ named: ['-ci'] });
  });

  it('are found at once in a file of 100,000 empty lines', async () => {
    const start = performance.now();
    expect(await forDiagnose(`${'\n'.repeat(100_000)}kind: Config\n`)).toMatchObject({ named: [] });
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('images that require each other in a plain skaffold.yaml', () => {
  const artifact = (image: string, ...requires: readonly string[]) =>
    `  - image: ${image}\n    requires: [${requires.map((one) => `{image: ${one}}`).join(', ')}]\n    docker: {}\n`;
  const plain = async (...artifacts: readonly string[]) => {
    const project = await projectOf(
      `apiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  artifacts:\n${artifacts.join('')}`,
    );
    const { context } = testContext({ cwd: project.directory, env: { HOME: room } });
    return (await readPlain(context, project))?.build.artifacts.length;
  };

  it('are put in order at once, however many ways lead from one to another', async () => {
    const all = Array.from({ length: 34 }, (_, index) =>
      artifact(`w${index}`, ...[index + 1, index + 2].filter((one) => one < 34).map((one) => `w${one}`)),
    );
    const start = performance.now();
    expect(await plain(...all)).toBe(34);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('are left to Skaffold in a cycle, and if one is missing', async () => {
    expect(await plain(artifact('a', 'b'), artifact('b', 'a'), artifact('c'))).toBeUndefined();
    expect(await plain(artifact('a', 'a'))).toBeUndefined();
    expect(await plain(artifact('a', 'b'))).toBeUndefined();
    expect(await plain(artifact('a', 'b'), artifact('b'))).toBe(2);
  });
});
