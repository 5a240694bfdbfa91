import { Agent, type ClientRequest } from 'node:http';
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

/** The calls of op in a stack, from a request to `promote`. */
function callsIn(stack = ''): readonly string[] {
  const calls = stack.split('\n').filter((line) => /\/src\/op\/(?!.*\.test\.ts)/u.test(line));
  return calls.slice(0, calls.findIndex((line) => /\bpromote \(/u.test(line)) + 1);
}

it('stores a manifest with at most 24 calls from the command to the request', async () => {
  const web = await pushImage(`${registry.host}/dev/web:v1`);
  await sandbox.built({ web: `${registry.host}/dev/web:v1@${web}` });
  const stacks: (string | undefined)[] = [];
  // Node calls it for each request, at once.
  const agents: { addRequest: (request: ClientRequest, ...others: unknown[]) => void } = Object(Agent.prototype);
  const { addRequest } = agents;
  agents.addRequest = function (this: Agent, request, ...others) {
    if (request.method === 'PUT' && request.path.includes('/manifests/')) stacks.push(new Error('stack').stack);
    addRequest.call(this, request, ...others);
  };
  try {
    await sandbox.promote();
  } finally {
    agents.addRequest = addRequest;
  }
  // The image is stored with its tag.
  expect(stacks).toHaveLength(1);
  for (const stack of stacks) {
    const calls = callsIn(stack);
    expect(calls[0]).toMatch(/\bexchange/u);
    // Above them are the action of the command and that of the program.
    expect(calls.length, calls.join('\n')).toBeLessThanOrEqual(22);
  }
});
