import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
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

/** The tag that Skaffold gives an image. */
async function tagOf(directory: string, tagPolicy: object): Promise<string> {
  const config = join(room, 'skaffold.yaml');
  const artifacts = [{ image: 'app', context: 'app', custom: { buildCommand: 'true' } }];
  await writeFile(
    config,
    stringify({ apiVersion: 'skaffold/v4beta11', kind: 'Config', build: { tagPolicy, artifacts } }),
  );
  const output = join(room, 'builds.json');
  const flags = ['--dry-run', '--interactive=false', '--update-check=false', `--file-output=${output}`];
  execFileSync('skaffold', ['build', `--filename=${config}`, ...flags], {
    cwd: directory,
    env: { ...withTools(['skaffold', 'git']), HOME: room },
    stdio: 'ignore',
  });
  const { builds }: { builds: readonly { readonly tag: string }[] } = JSON.parse(await readFile(output, 'utf8'));
  return builds[0]?.tag ?? '';
}

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
  // Skaffold's own tag. Without a variant it is the same as with Tags; but that is what most files have, and a warning in each build is read by nobody.
  const describes = !JSON.stringify(tagPolicy).includes('CommitSha');
  expect((await tagOf(directory, tagPolicy)).includes('v1.0.0-1-g')).toBe(describes && depth === '9');
  await warnOfUnknownTags(context, { ...project, namespace: undefined }, { configs: configs(tagPolicy) });
  expect(printed.join('').includes('--depth=0')).toBe(warned);
});
