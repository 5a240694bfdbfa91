import { expect, test } from 'vitest';
import { toolError } from '../../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../../systems/kubernetes/api.js';
import { createStreams } from './streams.js';

const owner = { kind: kinds.kustomization, namespace: 'flux', name: 'apps', optional: true };
const there: KubeObject = { metadata: { name: 'apps', uid: '1', resourceVersion: '1' } };
const refusal = toolError({ what: 'cannot list', why: 'no answer', hint: '' });

/** An API that shows one object, and then stops answering. */
const api = (follow: 'shows' | 'refuses'): Pick<KubernetesApi, 'serves' | 'follow' | 'list'> => ({
  serves: async () => true,
  list: () => Promise.reject(refusal),
  follow: async (_, __, onState) => {
    if (follow === 'refuses') throw refusal;
    onState(new Map([['1', there]]), []);
    return new Promise<never>(() => undefined);
  },
});
const following = async (follow: 'shows' | 'refuses') => {
  const streams = await new Promise<ReturnType<typeof createStreams>>((done, fail) => {
    const made = createStreams(api(follow), () => done(made), fail);
    made.follow(owner);
  });
  return streams;
};

test('an owner that cannot be listed for a moment does not count as missing', async () => {
  const streams = await following('shows');
  expect(streams.read(owner)).toEqual([there]);
  await expect(streams.relist()).rejects.toBe(refusal);
});

test('objects that op is not allowed to read are left out', async () => {
  const streams = await following('refuses');
  expect(streams.unreadable(owner)).toBe('no answer');
  expect((await streams.relist())(owner)).toEqual([]);
});
