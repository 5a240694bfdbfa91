import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
import { pushImage } from '../../../../test/op/pushed-image.js';

let registry: LocalRegistry;
let sandbox: PromoteSandbox;
const traceLimit = Error.stackTraceLimit;

beforeAll(async () => {
  registry = await startPlainRegistry();
  sandbox = await createPromoteSandbox({ dev: `${registry.host}/dev`, pp: `${registry.host}/pp` });
});
afterAll(() => Promise.all([registry?.stop(), sandbox?.remove()]));
beforeEach(() => {
  Error.stackTraceLimit = 100;
});
afterEach(() => {
  Error.stackTraceLimit = traceLimit;
});

/** The calls of op in a stack, from `run` of a child process to `promote`. */
function callsIn(stack = ''): readonly string[] {
  const calls = stack.split('\n').filter((line) => /\/src\/op\/(?!.*\.test\.ts)/u.test(line));
  return calls.slice(0, calls.findIndex((line) => /\bpromote \(/u.test(line)) + 1);
}

it('copies an image with at most 14 calls from the command to regctl', async () => {
  const web = await pushImage(`${registry.host}/dev/web:v1`);
  await sandbox.built({ web: `${registry.host}/dev/web:v1@${web}` });
  const stacks: (string | undefined)[] = [];
  await sandbox.promote({}, (line) => {
    if (line.startsWith('run ["regctl","image","copy"')) stacks.push(new Error('stack').stack);
  });
  // The copy of the image, and that of its tag.
  expect(stacks).toHaveLength(2);
  for (const stack of stacks) {
    const calls = callsIn(stack);
    expect(calls[0]).toMatch(/\brun \(/u);
    // Above them are the action of the command and that of the program.
    expect(calls.length, calls.join('\n')).toBeLessThanOrEqual(12);
  }
});
