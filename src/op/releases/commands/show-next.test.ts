import { expect, test } from 'vitest';
import { World } from '../../../../test/op/releases/world.js';
import { testContext } from '../../../../test/op/test-context.js';
import { conclude } from './show-next.js';

const snapshot = new World().snapshot();
const worked = { busy: [], away: [], stuck: [], snapshot, next: { ready: [], waiting: [] } };

test.each([
  ['h.io/acme/-/shop.release.ts', 'deploy/dev', 'h.io/acme/-/shop.release.ts/@r3'],
  ['h.io/acme/-/deploy/shop.release.ts', 'task/build', 'h.io/acme/-/deploy/shop.release.ts/@r3'],
  ['h.io/acme/-/my shop; $(x).release.ts', 'deploy/dev', "'h.io/acme/-/my shop; $(x).release.ts/@r3'"],
  ["h.io/acme/-/it's/@r1/x.release.ts", 'deploy/dev', "'h.io/acme/-/it'\\''s/@r1/x.release.ts/@r3'"],
])('the command after a failure of %s has its release as one word', (name, item, word) => {
  const { context } = testContext();
  const hint = `correct it, and make a new release, or run it again: op release retry ${word}`;
  expect(() => conclude(context, { ...worked, failed: [`up ${name}/@r3/${item}`] })).toThrow(
    expect.objectContaining({ hint }),
  );
});
