import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';

const file = "it's-$(my);shop.release.mjs";
/** The release, as one types it in a shell. */
const typed = "'git.example.com/acme/shop/-/it'\\''s-$(my);shop.release.mjs/@r1'";

let box: ReleaseSandbox;
beforeAll(async () => {
  box = await releaseSandbox();
  await box.write({
    [file]: `
import { release } from 'octopipeline/release';
export default release('shop', ({ phase, call }) => phase('build', [call('build', { run: () => ({ image: 'shop:1' }) })]));
`,
  });
  await box.commit();
  await box.must('release', 'new', file);
}, 120_000);
afterAll(() => box?.dispose());

test.each([
  ['release new', ['release', 'new', file], `op release continue ${typed}`],
  ['approve', ['approve', `${file}/@r1/task/build`], `op release show ${typed}`],
  ['release abandon', ['release', 'abandon', `${file}/@r1`], `op release bad ${typed}`],
  ['release retry', ['release', 'retry', `${file}/@r1`], `op release show ${typed}`],
])('what op %s tells to type has a hostile name as one word', async (_, args, command) => {
  const { exitCode, stderr } = await box.op(...args);
  expect(exitCode).toBeGreaterThan(0);
  expect(stderr).toContain(command);
});

test('so has what op state set tells', async () => {
  const { stderr } = await box.op('state', 'set', `${file}/@r1/custom/size`, '3');
  expect(stderr).toContain(`op state apply '${file.replace("'", "'\\''")}/@r1/custom/size'`);
});
