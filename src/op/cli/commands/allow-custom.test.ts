import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { buildScript, makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;

beforeAll(async () => {
  [op, registry] = await Promise.all([bundledOp(['skaffold', 'crane', 'git']), startRegistry()]);
});
afterAll(() => Promise.all([op.dispose(), registry.stop()]));
afterEach(() => repository.remove());

const head = 'apiVersion: skaffold/v4beta13\nkind: Config\n';
/** A template that leaves the file `ran` in the repository. */
const template = '{{cmd "touch" "ran"}}';
const ran = () => existsSync(join(repository.directory, 'ran'));
const dockerArtifact = 'build:\n  artifacts:\n    - image: web\n      context: app\n';

const run = (command: string, ...flags: string[]) => {
  const repo = command === 'build' ? [] : [`--default-repo=${registry.host}/team`];
  return op.run(repository.directory, [command, ...repo, '--engine=buildkit', ...flags]);
};

describe.each(['build', 'build --plan', 'push', 'build-push'])('op %s --allow-custom=false', (words) => {
  const [command = '', ...plan] = words.split(' ');

  it('refuses a custom builder before it runs, and names the image and the builder', async () => {
    const script = `#!/bin/sh\ntouch ../ran\n`;
    repository = await makeSampleRepository({ 'build-image.sh': script });
    const { exitCode, stderr } = await run(command, ...plan, '--allow-custom=false');
    expect(stderr).toMatch(
      /^error: cannot build (?:base|team\/app) \(custom\), (?:base|team\/app) \(custom\) of skaffold\.yaml$/mu,
    );
    expect(stderr).toMatch(/^ {2}why: .+--allow-custom is false\n {2}do: {2}.+/mu);
    expect([exitCode, ran()]).toEqual([6, false]);
  });

  it('refuses hooks', async () => {
    const hooks = '      hooks:\n        before:\n          - command: [touch, ran]\n';
    const files = {
      'skaffold.yaml': `${head}${dockerArtifact}      docker: {}\n${hooks}`,
      'app/Dockerfile': 'FROM scratch\n',
    };
    repository = await makeSampleRepository(files);
    const { exitCode, stderr } = await run(command, ...plan, '--allow-custom=false');
    expect(stderr).toContain('error: cannot build web (docker with hooks) of skaffold.yaml');
    expect([exitCode, ran()]).toEqual([6, false]);
  });
});

const files = (text: string, more: Readonly<Record<string, string>> = {}) => ({
  'skaffold.yaml': `${head}${text}`,
  'app/Dockerfile': 'FROM scratch\nCOPY hello.txt /\n',
  ...more,
});
const network = (text: string) => `${dockerArtifact}      docker:\n        network: ${text}\n`;
const customTags = 'build:\n  tagPolicy:\n    inputDigest: {}\n  artifacts:\n    - image: web\n      context: app\n';

describe('code that Skaffold runs before it builds', () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a template', files(network(`'container:${template}'`)), 'runs a program'],
    ['a template with escapes', files(network(`"container:{{c\\u006dd \\"touch\\" \\"ran\\"}}"`)), 'runs a program'],
    [
      'a template of the tag policy',
      files(
        `${dockerArtifact}  tagPolicy:\n    envTemplate:\n      template: 'v{{cmd "sh" "-c" "touch ran; echo 1"}}'\n`,
      ),
      'runs a program',
    ],
    [
      'a template of a module',
      files(`requires:\n  - path: more\n${dockerArtifact}`, {
        'more/skaffold.yaml': `${head}metadata:\n  name: more\n${network(`'container:${template}'`)}`,
      }),
      'more/skaffold.yaml',
    ],
    ['skaffold.env', files(dockerArtifact, { 'skaffold.env': 'GIT_SSH_COMMAND=touch ran\n' }), 'skaffold.env'],
    [
      'the list of files of a custom builder',
      files(
        `${customTags}      custom:\n        buildCommand: 'true'\n        dependencies:\n          command: touch ran\n`,
      ),
      'web (custom)',
    ],
    [
      'the configuration of another repository',
      files(`requires:\n  - git:\n      repo: https://git.example/evil.git\n${dockerArtifact}`),
      'another repository',
    ],
    [
      'a template that writes another one, which Skaffold expands next',
      files(
        `build:\n  tagPolicy:\n    inputDigest: {}\n  artifacts:\n    - image: web\n      context: app\n      docker:\n        buildArgs:\n          X: '{{"{{c"}}md "touch" "ran"{{"}}"}}'\n`,
      ),
      'more than {{.NAME}}',
    ],
    ['text that is not YAML', files(`${dockerArtifact}a: {{{\n`), 'not valid YAML'],
  ])('is refused in %s', async (_, contents, why) => {
    repository = await makeSampleRepository(contents);
    const { exitCode, stderr } = await run('push', '--allow-custom=false');
    expect(stderr).toMatch(/^error: cannot use .+ with --allow-custom=false\n {2}why: .+\n {2}do: {2}.+/mu);
    expect(stderr).toContain(why);
    expect([exitCode, ran()]).toEqual([6, false]);
  });

  it('runs by default', async () => {
    repository = await makeSampleRepository(files(network(`'container:${template}'`)));
    await run('build', '--plan');
    expect(ran()).toBe(true);
  });
});

it('images that a trusted build has pushed are reused', async () => {
  repository = await makeSampleRepository({ 'build-image.sh': buildScript });
  expect(await run('push')).toMatchObject({ exitCode: 0 });
  const again = await run('push', '--allow-custom=false');
  expect(again.stderr + again.stdout).toContain('already built');
  expect(again.exitCode).toBe(0);
});

it('other templates are allowed', async () => {
  const text = `${dockerArtifact}      docker:\n        buildArgs:\n          COMMAND: '{{.HOME}} {{ .NONE }}'\n`;
  repository = await makeSampleRepository(files(text));
  const { stderr } = await run('build', '--plan', '--allow-custom=false');
  expect(stderr).not.toContain('allow-custom');
});

describe("secrets of op's environment", () => {
  const docker = (text: string) => files(`${dockerArtifact}      docker:\n        ${text}\n`);
  const env = { GITHUB_TOKEN: 'hunter2', NPM_TOKEN: 'hunter2' };

  it.each([
    ['a template of a build argument', docker("buildArgs: {A: '{{.GITHUB_TOKEN}}'}"), 'GITHUB_TOKEN'],
    ['a build argument without a value', docker('buildArgs: {NPM_TOKEN: null}'), 'NPM_TOKEN'],
    ['a secret that names a variable', docker('secrets: [{id: x, env: NPM_TOKEN}]'), 'NPM_TOKEN'],
    ['a secret that is called like a variable', docker('secrets: [{id: NPM_TOKEN}]'), 'NPM_TOKEN'],
    [
      'a template of a tag',
      files(`${dockerArtifact}  tagPolicy: {envTemplate: {template: 'x{{ .GITHUB_TOKEN }}'}}\n`),
      'GITHUB_TOKEN',
    ],
  ])('are refused in %s', async (_, contents, name) => {
    repository = await makeSampleRepository(contents);
    const plan = ['build', '--plan', '--engine=buildkit', '--allow-custom=false'];
    const { exitCode, stderr, stdout } = await op.run(repository.directory, plan, env);
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining(name)]);
    expect(stderr + stdout).not.toContain('hunter2');
  });

  it('are no concern of variables that are not set, or have another name', async () => {
    const text = "buildArgs: {NPM_TOKEN: null, B: '{{.HOME}}'}\n        secrets: [{id: npmrc}]";
    repository = await makeSampleRepository(docker(text));
    const { stderr } = await run('build', '--plan', '--allow-custom=false');
    expect(stderr).not.toContain('allow-custom');
  });
});
