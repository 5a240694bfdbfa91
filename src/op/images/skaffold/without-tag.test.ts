/** Images that a tag policy gives no tag: Skaffold pushes them as `latest`, and ends with 0. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { askSkaffold } from './build.js';
import type { Project } from './project.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'without-tag-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

interface Case {
  readonly tagPolicy: object;
  readonly files?: Readonly<Record<string, string>>;
  /** What Skaffold tags `app` with; that it cannot say otherwise is a reason for op. */
  readonly tag?: RegExp;
  readonly why?: RegExp;
  readonly warns?: string;
}

const whole = { Dockerfile: 'FROM scratch\nCOPY a.txt /\n', 'a.txt': 'a\n' };
const digest = { inputDigest: {} };
const component = (policy: object) => ({
  customTemplate: { template: 'v-{{.A}}', components: [{ name: 'A', ...policy }] },
});

it.each<[string, Case]>([
  ['inputDigest of what is there', { tagPolicy: digest, files: whole, tag: /^[0-9a-f]{64}$/u }],
  [
    'inputDigest without a Dockerfile',
    {
      tagPolicy: digest,
      files: { 'a.txt': 'a\n' },
      why: /^app: unable to evaluate build args: reading dockerfile: .*Dockerfile/u,
    },
  ],
  [
    'inputDigest of a file that is not there',
    { tagPolicy: digest, files: { Dockerfile: 'FROM scratch\nCOPY b.txt /\n' }, why: /^app: .*b\.txt/u },
  ],
  [
    'inputDigest of a Dockerfile that cannot be read',
    { tagPolicy: digest, files: { Dockerfile: 'FROM\n' }, why: /^app: .*FROM/u },
  ],
  ['a part of a template', { tagPolicy: component(digest), files: { 'a.txt': 'a\n' }, why: /^app: .*Dockerfile/u }],
  [
    'a variable that is not set',
    {
      tagPolicy: { envTemplate: { template: '{{.NOT_SET}}' } },
      files: whole,
      tag: /^latest$/u,
      warns: 'Skaffold tags images latest: app: environment variables missing for template keys',
    },
  ],
  ['a variable that is set', { tagPolicy: { envTemplate: { template: '{{.SET}}' } }, files: whole, tag: /^v1$/u }],
])(
  'where Skaffold has no tag for an image, it is refused, or op says so: %s',
  async (_, { tagPolicy, files = {}, tag, why, warns }) => {
    const directory = await mkdtemp(join(room, 'project-'));
    const build = {
      tagPolicy,
      artifacts: [
        { image: 'app', docker: {} },
        { image: 'other', context: 'other', docker: {} },
      ],
    };
    const all = {
      ...files,
      'other/Dockerfile': 'FROM scratch\n',
      'skaffold.yaml': stringify({ apiVersion: 'skaffold/v4beta11', kind: 'Config', build }),
    };
    for (const [name, text] of Object.entries(all)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    const env = { ...withTools(['skaffold']), HOME: room, SET: 'v1' };
    const output = join(room, 'builds.json');
    const flags = ['--dry-run', '--interactive=false', '--update-check=false', `--file-output=${output}`];
    execFileSync('skaffold', ['build', ...flags], { cwd: directory, env });
    const { builds }: { builds: { tag: string }[] } = JSON.parse(await readFile(output, 'utf8'));
    expect(builds[0]?.tag.replace(/^app:/u, '')).toMatch(tag ?? /^latest$/u);

    const { context, printed } = testContext({ cwd: directory, env });
    const project: Project = {
      ...{ directory, file: 'skaffold.yaml', profiles: [], namespace: undefined, platforms: [], insecure: [], env: {} },
    };
    const asked = askSkaffold(context, project, undefined);
    if (why === undefined) {
      expect((await asked)[0]?.reference.tag).toMatch(tag ?? /^$/u);
      expect(printed.join('\n').includes(warns ?? 'latest')).toBe(warns !== undefined);
    } else {
      await expect(asked).rejects.toMatchObject({
        kind: 'input',
        message: expect.stringMatching(
          /^Skaffold gives (?:app|app, other|other, app) of skaffold\.yaml no tag, and would push latest$/u,
        ),
        why: expect.stringMatching(why),
      });
    }
  },
);

it('without a commit, the tag latest of the policy gitCommit is a warning', async () => {
  const directory = await mkdtemp(join(room, 'project-'));
  const build = { artifacts: [{ image: 'app', docker: {} }] };
  await writeFile(
    join(directory, 'skaffold.yaml'),
    stringify({ apiVersion: 'skaffold/v4beta11', kind: 'Config', build }),
  );
  await writeFile(join(directory, 'Dockerfile'), 'FROM scratch\n');
  const { context, printed } = testContext({ cwd: directory, env: { ...withTools(['skaffold']), HOME: room } });
  const project: Project = {
    ...{ directory, file: 'skaffold.yaml', profiles: [], namespace: undefined, platforms: [], insecure: [], env: {} },
  };
  expect((await askSkaffold(context, project, undefined))[0]?.reference.tag).toBe('latest');
  expect(printed.join('\n')).toContain('Skaffold tags images latest: app: unable to find git commit');
});
