import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { activatedByBuild } from './activation.js';
import { readPlain } from './plain.js';
import type { Project } from './project.js';

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

/** A file with one profile. */
const profile = (...conditions: readonly string[]) =>
  `apiVersion: skaffold/v4beta11\nkind: Config\nprofiles:\n- name: ci\n  requiresAllActivations: true\n  activation:\n${conditions.map((one) => `  - ${one}\n`).join('')}`;
const PATH = `/usr/local/bin:${'/usr/bin:'.repeat(20)}`;
const active = async (yaml: string, profiles: readonly string[] = []) => {
  const project = await projectOf(yaml, profiles);
  return activatedByBuild(testContext({ cwd: project.directory, env: { PATH, ENV: 'production' } }).context, project);
};

describe('a profile that skaffold build activates', () => {
  it.each<[boolean, ...string[]]>([
    [true, 'command: build'],
    [true, 'command: (build|dev)'],
    [true, 'command: ^(?:dev|build)$'],
    [true, 'command: "!dev"'],
    [false, 'command: dev|run'],
    [false, 'command: "!build"'],
    [true, 'command: build', 'env: ENV=production'],
    [true, 'command: build', 'env: ENV=prod.*'],
    [true, 'command: build', 'env: ENV=^[a-z]+$'],
    [false, 'command: build', 'env: ENV=staging|test'],
    [false, 'command: build', 'env: ENV='],
    [true, 'command: build', 'env: OTHER='],
  ])('is active: %s, with %s', async (expected, ...conditions) => {
    expect(await active(profile(...conditions))).toEqual(expected ? ['ci'] : []);
  });

  it.each(['^(([a-zA-Z0-9/:._@-]+)+)+!$', '(a|a)*b', '.*.*.*.*.*.*.*.*!', '(x+x+)+y', '(a?){50}a'])(
    'is not guessed from the expression %s, which can take forever',
    async (expression) => {
      const yaml = profile('command: build', `env: "PATH=${expression}"`);
      const start = performance.now();
      await expect(active(yaml)).rejects.toMatchObject({
        kind: 'input',
        message: 'op cannot tell whether the profile ci is active',
        hint: expect.stringContaining('--profile=ci'),
      });
      expect(await active(yaml, ['ci'])).toEqual([]);
      expect(await active(yaml, ['-ci'])).toEqual([]);
      expect(performance.now() - start).toBeLessThan(1000);
    },
  );

  it('is found at once in a file of 100,000 empty lines', async () => {
    const start = performance.now();
    expect(await active(`${'\n'.repeat(100_000)}kind: Config\n`)).toEqual([]);
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
