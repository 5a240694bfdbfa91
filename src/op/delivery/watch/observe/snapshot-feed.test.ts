import { setImmediate as settle } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { snapshotOf } from '../../../../../test/op/cluster-objects.js';
import { createSnapshotFeed } from './snapshot-feed.js';

const first = snapshotOf([], { component: 'first' });
const second = snapshotOf([], { component: 'second' });

test('until waits for a snapshot that fits, and accepts the latest one', async () => {
  const feed = createSnapshotFeed();
  expect(feed.latest()).toBeUndefined();
  let isThere = false;
  const waiting = feed
    .until(({ component }) => component === 'second')
    .then(() => {
      isThere = true;
    });
  feed.publish(first);
  await settle();
  expect([isThere, feed.latest()]).toEqual([false, first]);
  feed.publish(second);
  await waiting;
  await feed.until(({ component }) => component === 'second');
});
