import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

const shop = `
import { release } from 'octopipeline/release';

const smokeTest = ({ inputs, environment, log, release }) => {
  log('look at ' + inputs.url);
  return { checked: inputs.url, size: inputs.size, image: inputs.image, by: release.name + ' in ' + environment.name };
};
export default release('shop', ({ environments, phase, call, deploy, custom }) => {
  const build = call('build', { run: ({ handOff }) => handOff(() => ({ image: 'shop:1' })) });
  phase('build', [build]);
  phase('deploy', environments().map((environment) => deploy(environment, {
    up: ({ environment, handOff }) =>
      handOff(smokeTest, { url: environment.name + '.example.com', image: build.output.image, size: custom('size') }),
    down: () => {},
  })));
});
`;

let box: ReleaseSandbox;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write({ 'shop.release.mjs': shop });
  await box.commit();
  await box.must('environment', 'add', 'dev');
}, 120_000);
afterAll(() => box?.dispose());

test('a function goes on with another one, whose references are looked up then', async () => {
  const early = await box.op('release', 'new', 'shop.release.mjs');
  expect(early).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('@/custom/size has no value yet') });
  await box.must('state', 'set', '@/custom/size', '3');
  await box.must('work', 'any');
  const again = await box.op('release', 'retry', 'shop.release.mjs');
  expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('goes on with smokeTest') });
  const { runs } = JSON.parse(await box.must('release', 'show', 'shop.release.mjs', '--output=json'));
  expect(runs.at(-1)).toMatchObject({
    item: 'deploy/dev',
    status: 'complete',
    output: { checked: 'dev.example.com', size: 3, image: 'shop:1', by: 'r1 in dev' },
  });
});
