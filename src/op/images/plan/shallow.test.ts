import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { testContext } from '../../../../test/op/test-context.js';
import type { ConfigShape } from '../skaffold/artifacts.js';
import { warnOfUnknownTags } from './shallow.js';

let repository: SampleRepository;
let room: string;
beforeAll(async () => {
  repository = await makeSampleRepository();
  repository.git('tag', 'v1.0.0');
  repository.commit('two');
  room = await mkdtemp(join(tmpdir(), 'shallow-'));
  for (const depth of ['1', '9']) {
    const url = `file://${repository.directory}`;
    execFileSync('git', ['clone', '--quiet', `--depth=${depth}`, url, join(room, depth)], { stdio: 'ignore' });
  }
});
afterAll(() => Promise.all([repository?.remove(), rm(room, { recursive: true, force: true })]));

const configs = (tagPolicy: unknown): readonly ConfigShape[] => [{ build: { artifacts: [], tagPolicy } }];
const tags = { gitCommit: { variant: 'Tags' } };
const template = { customTemplate: { template: '{{.A}}', components: [{ name: 'A', ...tags }] } };

it.each([
  ['1', tags, true],
  ['1', template, true],
  ['1', { gitCommit: { variant: 'CommitSha' } }, false],
  ['1', { gitCommit: {} }, false],
  ['9', tags, false],
])('a clone of %s commits whose images are tagged by %j is warned of: %s', async (depth, tagPolicy, warned) => {
  const directory = join(room, depth);
  const described = execFileSync('git', ['describe', '--tags', '--always'], { cwd: directory, encoding: 'utf8' });
  // With the whole history, Skaffold's tag starts with that of Git.
  expect(described.startsWith('v1.0.0-1-g')).toBe(depth === '9');
  const { context, printed } = testContext({ cwd: directory, env: { PATH: process.env.PATH } });
  const project = { file: 'skaffold.yaml', directory, profiles: [], platforms: [], insecure: [], env: {} };
  await warnOfUnknownTags(context, { ...project, namespace: undefined }, { configs: configs(tagPolicy) });
  expect(printed.join('').includes('--depth=0')).toBe(warned);
});
