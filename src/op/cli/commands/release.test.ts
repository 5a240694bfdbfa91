import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

/** Each function appends a line to `log`. */
const shop = `
import { approval, type ItemContext, release, withDefault } from 'octopipeline/release';

const note = (exec: ItemContext<unknown>['exec'], ...words: string[]) => exec('node', ['-e', "require('fs').appendFileSync('log', process.argv.slice(1).join(' ') + '\\\\n')", ...words], { directory: process.env.HOME });

export default release('shop', ({ environments, phase, call, deploy, custom }) => {
  const build = call('build', {
    run: async ({ exec, release, tag }) => {
      await note(exec, 'build', release.name);
      tag(release.name.replace('r', 'v1.'));
      return { image: 'shop:' + release.commit.slice(0, 7) };
    },
  });
  phase('build', [build]);
  for (const type of ['staging', 'production']) {
    phase(type, environments().where({ type }).map((environment) =>
      deploy(environment, {
        inputs: { image: build.output.image, size: withDefault(custom<number>('size'), 1) },
        gates: type === 'production' ? [approval({ by: ['ann'] })] : [],
        up: async ({ exec, inputs, environment, release }) => {
          await note(exec, 'up', environment.name, release.name, String(inputs.size));
          return { url: 'https://' + environment.name };
        },
        down: ({ exec, environment }) => note(exec, 'down', environment.name),
      }),
    ));
  }
});
`;
const environments = `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => {
  registerEnvironment('dev', { type: 'staging' });
  registerEnvironment('prod-eu', { type: 'production' });
});
`;
const name = 'git.example.com/acme/shop/-/shop.release.ts';

let box: ReleaseSandbox;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write({ 'shop.release.ts': shop, 'environments.release.ts': environments });
  await box.commit();
}, 120_000);
afterAll(() => box.dispose());

let seen = 0;
/** The lines that functions wrote since the last time. */
async function ran(): Promise<readonly string[]> {
  const text = await readFile(join(box.home, 'log'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  const fresh = lines.slice(seen);
  seen = lines.length;
  return fresh;
}

describe('a release', () => {
  test('with more output than its document has room for fails at the item that is too much, and says why', async () => {
    await box.write({
      'large.release.ts': `
import { release } from 'octopipeline/release';
export default release('large', ({ phase, call }) => {
  for (let index = 1; index <= 9; index += 1) {
    phase('p' + index, [call('c' + index, { run: async ({ log }) => { log('writing'); return { text: 'x'.repeat(60_000) }; } })]);
  }
});`,
    });
    await box.commit('large');
    const { exitCode, stderr } = await box.op('release', 'new', 'large.release.ts');
    expect(stderr).toContain('task/c1: writing\n');
    expect(stderr).toContain('task/c8: failed: its output of 60017 bytes does not fit into');
    expect(exitCode).toBe(4);
    const [release] = JSON.parse(await box.must('release', 'list', '--output=json'));
    expect(release).toMatchObject({ standing: 'failed' });
    await box.must('release', 'abandon', 'large.release.ts/@r1');
  });

  test('is shown before it runs', async () => {
    await box.must('release', 'new', 'environments.release.ts');
    const text = await box.must('release', 'preview', 'shop.release.ts');
    expect(text).toContain('deploy/prod-eu');
    expect(text).toContain(`image=<${name}/@r1/task/build#output/image>`);
    expect(text).toContain('size=<@/custom/size or 1>');
    const drawn = await box.must('release', 'preview', 'shop.release.ts', '--output=mermaid');
    expect(drawn).toMatch(/^flowchart LR\n {2}subgraph phase1\["1\. build"\]\n/u);
    expect(await ran()).toEqual([]);
  });

  test('runs its phases, and waits for an approval', async () => {
    const text = await box.must('release', 'new', 'shop.release.ts');
    expect(text).toContain(
      `${name}/@r1/deploy/prod-eu  waits for an approval by ann  -> op approve ${name}/@r1/deploy/prod-eu`,
    );
    expect(await ran()).toEqual(['build r1', 'up dev r1 1']);
    expect((await box.op('release', 'new', 'shop.release.ts')).exitCode).toBe(6);
  });

  test('goes on when it is approved, with the code of its commit and not with what the work tree has', async () => {
    await box.must('approve', `${name}/@r1/deploy/prod-eu`, '--reason=looks good');
    const changed = shop.replace("'up', environment.name", "'something else', environment.name");
    await box.write({ 'shop.release.ts': changed });
    await box.must('work', 'continue');
    await box.write({ 'shop.release.ts': shop });
    expect(await ran()).toEqual(['up prod-eu r1 1']);
    expect(await box.must('release', 'show', 'shop.release.ts/@v1.1')).toContain('@r1: complete\ntags v1.1\n');
    expect(await box.op('release', 'show', 'shop.release.ts/@v9')).toMatchObject({ exitCode: 6 });
    expect(await box.op('release', 'bad', 'shop.release.ts/@v1.1')).toMatchObject({ exitCode: 6 });
    expect(await box.must('state', 'get', `${name}/@/deploy/prod-eu#output/url`)).toBe('https://prod-eu');
  });

  test('is deployed again when custom state changes', async () => {
    await box.must('state', 'set', '@/custom/size', '3');
    expect(await box.must('state', 'diff')).toBe('@/custom/size');
    const ready = JSON.parse(await box.must('work', 'any', '--dry-run'));
    expect(ready).toMatchObject([{ do: 'set-custom', ref: '@/custom/size' }]);
    // The approval was for another size.
    expect(await box.must('work', 'any')).toContain(`op approve ${name}/@r1/deploy/prod-eu`);
    expect(await ran()).toEqual(['up dev r1 3']);
    await box.must('approve', 'shop.release.ts/@r1/deploy/prod-eu');
    await box.must('work', 'any');
    expect(await ran()).toEqual(['up prod-eu r1 3']);
  });

  test('is planned again for a new environment, and torn down in one that goes', async () => {
    await box.must('environment', 'add', 'test', '--attribute=type=staging');
    await box.must('work', 'any');
    expect(await ran()).toEqual(['up test r1 3']);
    await box.must('environment', 'remove', 'test');
    await box.must('work', 'any');
    expect(await ran()).toEqual(['down test']);
    expect(await box.must('environment', 'list')).not.toContain('test');
  });

  test('is rolled back from its own commit, and held', async () => {
    await box.write({ 'README.md': 'changed' });
    await box.commit();
    await box.must('release', 'new', 'shop.release.ts');
    expect(await ran()).toEqual(['build r2', 'up dev r2 3']);
    await box.must('release', 'rollback', 'shop.release.ts', '--environment=dev', '--hold', '--reason=incident 7');
    await box.must('work', 'any');
    expect(await ran()).toEqual(['up dev r1 3']);
    const status = JSON.parse(await box.must('status', '--output=json'));
    expect(status.deployments).toMatchObject([
      { environment: 'dev', release: 'r1', wanted: 'r1', held: expect.stringContaining('incident 7') },
      { environment: 'prod-eu', release: 'r1', held: null },
    ]);
  });

  test('that is bad never runs, and abandoned ones end', async () => {
    await box.must('release', 'unhold', 'shop.release.ts');
    await box.must('release', 'bad', 'shop.release.ts/@r2', '--reason=it loses data');
    await box.must('work', 'any');
    expect(await box.must('release', 'list')).toMatch(/@r2 +bad/u);
    expect(await ran()).toEqual([]);
  });
});

describe('what is wrong is said', () => {
  test.each([
    [{ 'a.release.ts': 'export default 1;\n' }, 3, 'exports no release'],
    [{ 'a.release.ts': "throw new Error('no');\n" }, 3, 'cannot load a.release.ts'],
    [
      {
        'a.release.ts': `import { release } from 'octopipeline/release';
export default release('a', ({ phase, call }) => { const x = call('x', { run: () => {} }); phase('1', [x]); phase('2', [x]); });\n`,
      },
      3,
      'task/x is there twice',
    ],
  ])('%#', async (files, code, said) => {
    await box.write(files);
    const { exitCode, stderr } = await box.op('release', 'lint', 'a.release.ts');
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(said)]);
  });
});
