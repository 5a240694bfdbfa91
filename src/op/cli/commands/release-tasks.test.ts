import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

/** A Task and a Pipeline as values, a Task by its name, and a deployment whose `up` is a Task and whose `down` is a function. */
const shop = (greeting: string) => `
import { param, pipeline, result, task, workspace } from 'octopipeline';
import { existsSync } from 'node:fs';
import { attribute, check, release, tekton } from 'octopipeline/release';

const image = 'debian:12@sha256:${'0'.repeat(64)}';
const version = task('version', {
  params: { prefix: param.string({ default: 'v' }) },
  results: { version: result.string(), parts: result.array() },
  workspaces: { source: workspace() },
  steps: ({ params, results, workspaces }) => [{
    name: 'read',
    image,
    command: ['bash', '-c', '{ printf %s "$1"; cat "$2/VERSION"; } > "$3" && printf %s "$5" > "$4"', 'read'],
    args: [params.prefix, workspaces.source.path, results.version.path, results.parts.path, '["a","b"]'],
  }],
});
const greet = task('greet', {
  params: { name: param.string(), words: param.array() },
  results: { text: result.string() },
  steps: ({ params, results }) => [{
    name: 'greet',
    image,
    command: ['bash', '-c', 'printf "${greeting} %s: %s" "$2" "\${*:3}" > "$1"', 'greet'],
    args: [results.text.path, params.name, ...params.words],
  }],
});
const twice = pipeline('twice', { params: { name: param.string() } }, (p) => {
  const one = p.task('one', greet, { params: { name: p.params.name, words: ['first'] } });
  const two = p.task('two', greet, { params: { name: one.results.text, words: ['second'] } });
  return { last: two.results.text };
});

export default release('shop', ({ environments, phase, call, deploy }) => {
  const read = call('read', { run: tekton(version, { workspaces: { source: { directory: 'app' } } }) });
  const both = call('both', { run: tekton(twice, { params: { name: read.output.version } }) });
  const named = call('named', {
    run: tekton({ task: 'upper', files: ['tekton'], results: ['upper'] }, { params: { text: read.output.version } }),
  });
  phase('read', [read]);
  phase('greet', [both, named]);
  phase('deploy', environments().map((environment) => deploy(environment, {
    inputs: { upper: named.output.upper },
    gates: [
      check('open', { every: '10m', run: ({ inputs }) => { if (existsSync(process.env.HOME + '/closed')) throw new Error(inputs.upper + ' is closed'); } }),
      check('polite', { run: tekton(greet, { params: { name: 'gate', words: [] } }) }),
    ],
    up: tekton(greet, { params: { name: attribute(environment, 'owner'), words: read.output.parts } }),
    down: ({ log, inputs }) => log('gone: ' + inputs.upper),
  })));
});
`;
const files = {
  'shop.release.ts': shop('hello'),
  'environments.release.ts': `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => { registerEnvironment('dev', { owner: 'ann' }); });
`,
  'app/VERSION': '1.2',
  'tekton/upper.yaml': `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: upper }
spec:
  params: [{ name: text }]
  results: [{ name: upper }]
  steps:
    - name: upper
      image: debian:12
      script: |
        #!/bin/bash
        text='$(params.text)'
        printf %s "\${text^^}" > $(results.upper.path)
`,
};
const outputOf = async (box: ReleaseSandbox, ref: string) =>
  JSON.parse(await box.must('state', 'get', `shop.release.ts/@/${ref}#output`));

let box: ReleaseSandbox;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write(files);
  await box.commit();
  await box.must('release', 'new', 'environments.release.ts');
}, 120_000);
afterAll(() => box.dispose());

describe('Tasks and Pipelines of a release', () => {
  test('are shown before they run, with their params', async () => {
    const text = await box.must('release', 'preview', 'shop.release.ts');
    expect(text).toMatch(/task\/read +Task version/u);
    expect(text).toMatch(/task\/both +Pipeline twice +name=<.*\/task\/read#output\/version>/u);
    expect(text).toMatch(
      /deploy\/dev +up: Task greet, check:polite: Task greet +.*name=<@\/environment\/dev#attributes\/owner>/u,
    );
  });

  test('run on this machine; their results are outputs, and inputs of others', async () => {
    await writeFile(join(box.home, 'closed'), '');
    const waits = await box.must('release', 'new', 'shop.release.ts');
    expect(waits).toMatch(/deploy\/dev +waits for the check open: it failed \(V1\.2 is closed\)/u);
    await rm(join(box.home, 'closed'));
    await box.must('release', 'retry', 'shop.release.ts');
    const [release] = JSON.parse(await box.must('release', 'list', '--output=json'));
    const checks = release.runs.filter(({ does }: { readonly does: string }) => does === 'check');
    expect(checks.map(({ item, status }: Record<string, string>) => [item, status])).toEqual([
      ['check/deploy/dev/open', 'retried'],
      ['check/deploy/dev/open', 'complete'],
      ['check/deploy/dev/polite', 'complete'],
    ]);
    expect(await outputOf(box, 'task/read')).toEqual({ version: 'v1.2', parts: ['a', 'b'] });
    expect(await outputOf(box, 'task/both')).toEqual({ last: 'hello hello v1.2: first: second' });
    expect(await outputOf(box, 'task/named')).toEqual({ upper: 'V1.2' });
    expect(await outputOf(box, 'deploy/dev')).toEqual({ text: 'hello ann: a b' });
  }, 120_000);

  test('of an older release run again as they were planned, and a deployment again when a param changes', async () => {
    await box.write({ 'shop.release.ts': shop('goodbye') });
    await box.commit();
    await box.must('environment', 'change', 'dev', '--attribute=owner=bob');
    await box.must('work', 'any');
    expect(await outputOf(box, 'deploy/dev')).toEqual({ text: 'hello bob: a b' });
  }, 120_000);

  test('that fail make their item fail, with what Tekton would say', async () => {
    await box.git('mv', 'app/VERSION', 'app/OTHER');
    await box.commit();
    const { exitCode, stderr } = await box.op('release', 'new', 'shop.release.ts');
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('@r2/task/read failed')]);
    expect(await box.must('release', 'show', 'shop.release.ts')).toMatch(
      /task\/read +failed .*"step-read" exited with code 1/u,
    );
  }, 120_000);

  test('have the files of the commit: none that git does not know, and nothing outside of the repository', async () => {
    await box.write({
      'files.release.ts': `
import { release, tekton } from 'octopipeline/release';

const list = (directory: string, files: readonly string[]) =>
  tekton({ task: 'list', files, results: ['names'] }, { workspaces: { source: { directory } } });

export default release('files', ({ phase, call }) => {
  phase('list', [
    call('known', { run: list('listed', ['listed/list.yaml']) }),
    call('linked-file', { run: list('listed', ['linked']) }),
    call('linked-directory', { run: list('out', ['listed/list.yaml']) }),
    call('missing', { run: tekton({ task: 'list', files: ['listed'], results: ['name'] }, { workspaces: { source: { emptyDir: true } } }) }),
    call('both', { run: list('out', ['linked/list.yaml']) }),
  ]);
});
`,
      'listed/list.yaml': `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: list }
spec:
  workspaces: [{ name: source }]
  results: [{ name: names }]
  steps:
    - name: list
      image: debian:12
      script: |
        #!/bin/bash
        printf %s "$(ls $(workspaces.source.path))" > $(results.names.path)
`,
      'linked/text': '',
      '../outside/list.yaml': 'kind: Other',
    });
    await symlink(join(box.directory, '../outside/list.yaml'), join(box.directory, 'linked/list.yaml'));
    await symlink(join(box.directory, '../outside'), join(box.directory, 'out'));
    await box.commit();
    await box.write({ 'listed/not-committed': 'secret' });
    const { exitCode, stderr } = await box.op('release', 'new', 'files.release.ts');
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('4 items failed')]);
    expect(JSON.parse(await box.must('state', 'get', 'files.release.ts/@/task/known#output'))).toEqual({
      names: 'list.yaml',
    });
    const shown = await box.must('release', 'show', 'files.release.ts');
    expect(shown).toMatch(/task\/linked-file +failed .*linked\/list\.yaml cannot be used .*outside of the repository/u);
    expect(shown).toMatch(/task\/missing +failed .*the run has no result name: its results are names/u);
    expect(shown).toMatch(/task\/linked-directory +failed .*out cannot be used .*outside of the repository/u);
  }, 120_000);
});
