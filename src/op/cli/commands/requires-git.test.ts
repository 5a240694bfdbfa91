/** A configuration of another repository: what op refuses, and that what it says to do about it works. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type GitHost, startGitHost } from '../../../../test/op/git-host.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let host: GitHost;
let repository: SampleRepository;

const head = 'apiVersion: skaffold/v4beta13\nkind: Config\n';
const artifact = (image: string) => `build:\n  artifacts:\n    - image: ${image}\n      docker: {}\n`;
const shared = {
  'skaffold.yaml': `${head}metadata: {name: shared}\n${artifact('shared')}`,
  Dockerfile: 'FROM scratch\nCOPY shared.txt /\n',
  'shared.txt': 'shared\n',
};
/** It has no images. */
const none = { 'skaffold.yaml': `${head}metadata: {name: none}\n` };

beforeAll(async () => {
  [op, host] = await Promise.all([bundledOp(), startGitHost()]);
  for (const [name, content] of Object.entries({ shared, none })) {
    await (await host.repository(`${name}.git`)).commit(name, content);
  }
});
afterAll(() => Promise.all([op.dispose(), host.stop()]));
afterEach(() => repository.remove());

const fromGit = (name: string) => `requires:\n  - git: {repo: '${host.url}/${name}.git', ref: main}\n`;
const files = (requires: string, profile = '') => ({
  'skaffold.yaml': `${head}${requires}${artifact('web')}${profile}`,
  Dockerfile: 'FROM scratch\n',
});
const copied = Object.fromEntries(Object.entries(shared).map(([name, text]) => [`copied/${name}`, text]));

const plan = (...flags: string[]) =>
  op.run(repository.directory, ['build', '--plan=json', '--buildkit-host=tcp://127.0.0.1:1', ...flags]);
/** The images that op would build, without tags: those of another repository have its commit. */
const planned = (stdout: string) => {
  const { images }: { images: { image: string }[] } = JSON.parse(stdout);
  return images.map(({ image }) => image).sort();
};

/** The images that Skaffold would build. */
async function bySkaffold(): Promise<readonly string[]> {
  const output = join(repository.directory, 'build_result.json');
  const flags = ['--dry-run', '--interactive=false', '--update-check=false', `--file-output=${output}`];
  const env = { ...withTools(['skaffold', 'git']), HOME: op.home };
  await promisify(execFile)('skaffold', ['build', ...flags], { cwd: repository.directory, env });
  const { builds }: { builds: { imageName: string }[] } = JSON.parse(await readFile(output, 'utf8'));
  return builds.map(({ imageName }) => imageName).sort();
}

/** What the line `do:` says, over several lines. */
const advice = (stderr: string) => /^ {2}do: {2}(.+)$/msu.exec(stderr)?.[1] ?? '';

it.each(['false', 'true'])(
  'is refused with --allow-custom=%s, and what the error says to do builds the images that Skaffold builds',
  async (allowed) => {
    repository = await makeSampleRepository(files(fromGit('shared')));
    expect(await bySkaffold()).toEqual(['shared', 'web']);
    const refused = await plan(`--allow-custom=${allowed}`);
    expect([refused.exitCode, refused.stderr]).toEqual(
      allowed === 'false'
        ? [6, expect.stringContaining('requires[].git is a configuration of another repository')]
        : [3, expect.stringContaining('error: the context of shared is outside the repository')],
    );
    expect(advice(refused.stderr)).toBe(
      'copy that configuration, with what its images are built from, into this repository, and require it there (requires: [{path: DIRECTORY}])',
    );

    await repository.write({ ...files('requires:\n  - path: copied\n'), ...copied });
    repository.commit('copy');
    const copy = await plan(`--allow-custom=${allowed}`);
    expect([copy.exitCode, copy.stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect(planned(copy.stdout)).toEqual(['shared', 'web']);
    expect(await bySkaffold()).toEqual(['shared', 'web']);
  },
);

it('is refused where a profile is activated by command, and with a variable in its place op builds what Skaffold does', async () => {
  const profile = (activation: string) =>
    `profiles:\n  - name: ci\n    activation: [${activation}]\n    build:\n      artifacts: [{image: web-ci, docker: {}}]\n`;
  repository = await makeSampleRepository(files(fromGit('none'), profile('{command: build}')));
  const refused = await plan();
  expect([refused.exitCode, refused.stderr]).toEqual([
    3,
    expect.stringContaining(
      'the profile ci is activated by command, and ' +
        `${join(repository.directory, 'skaffold.yaml')}: it requires a configuration that is elsewhere`,
    ),
  ]);
  expect(advice(refused.stderr)).toMatch(/^activate ci by a variable instead, such as env: CI=true/u);
  expect(await bySkaffold()).toEqual(['web-ci']);

  await repository.write(files(fromGit('none'), profile("{env: 'HOME=.+'}")));
  repository.commit('variable');
  const { exitCode, stdout, stderr } = await plan();
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('error')]);
  expect(planned(stdout)).toEqual(['web-ci']);
  expect(await bySkaffold()).toEqual(['web-ci']);
});
