import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
import { pushImage } from '../../../../test/op/pushed-image.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let sandbox: PromoteSandbox;

beforeAll(async () => {
  registry = await startPlainRegistry();
  [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(registry.host)]);
  sandbox = await createPromoteSandbox({ dev: `${here.host}/dev`, pp: `${there.host}/pp` });
});
afterAll(() => Promise.all([registry?.stop(), here?.stop(), there?.stop(), sandbox?.remove()]));

/** Requests without what differs from run to run. */
const asked = ({ requests }: UnrulyRegistry) =>
  requests.map(
    ({ method, path }) => `${method} ${path.replace(/[0-9a-f]{64}/u, 'HEX').replace(/uploads\/.*/u, 'uploads')}`,
  );

it('a copy of an image with a layer and a configuration takes eleven requests at the destination, and no other', async () => {
  const web = await pushImage(`${here.host}/dev/web:v1`, 100_000);
  await sandbox.built({ web: `${here.host}/dev/web:v1@${web}` });
  here.calm();
  there.calm();
  await sandbox.promote();
  expect(asked(there)).toEqual([
    // The plan: absent means that GET says so.
    'HEAD /v2/pp/web/manifests/v1',
    'GET /v2/pp/web/manifests/v1',
    'HEAD /v2/pp/web/blobs/sha256:HEX',
    'HEAD /v2/pp/web/blobs/sha256:HEX',
    'POST /v2/pp/web/blobs/uploads',
    'POST /v2/pp/web/blobs/uploads',
    'PUT /v2/pp/web/blobs/uploads',
    'PUT /v2/pp/web/blobs/uploads',
    // Still absent.
    'GET /v2/pp/web/manifests/v1',
    'PUT /v2/pp/web/manifests/v1',
    // Still ours.
    'HEAD /v2/pp/web/manifests/v1',
  ]);
  expect(asked(here).sort()).toEqual([
    'GET /v2/dev/web/blobs/sha256:HEX',
    'GET /v2/dev/web/blobs/sha256:HEX',
    'GET /v2/dev/web/manifests/sha256-HEX',
    'GET /v2/dev/web/manifests/sha256:HEX',
    'GET /v2/dev/web/referrers/sha256:HEX',
    'GET /v2/dev/web/tags/list',
  ]);
});

it('the next image does not wait for the tag of the one before it', async () => {
  const names = ['one', 'two', 'three'];
  const digests = await Promise.all(names.map((name) => pushImage(`${here.host}/dev/${name}:v1`, 100_000)));
  await sandbox.built(
    Object.fromEntries(names.map((name, at) => [name, `${here.host}/dev/${name}:v1@${digests[at]}`])),
  );
  there.calm();
  // Once the first blob has arrived, whether a tag is still free takes long.
  const isUpload = (method: string, path: string) => method === 'PUT' && path.includes('/blobs/uploads/');
  there.behave(({ method, path }) =>
    method === 'GET' && path.includes('/manifests/') && there.requests.some((one) => isUpload(one.method, one.path))
      ? { delay: 3000 }
      : undefined,
  );
  await sandbox.promote({ jobs: 1 });
  const order = there.requests.flatMap(({ method, path }) => {
    const [, name = '', kind] = /^\/v2\/pp\/(\w+)\/(blobs\/uploads|manifests)\//u.exec(path) ?? [];
    return method === 'PUT' ? [`${kind === 'manifests' ? 'tag' : 'blob'} of ${name}`] : [];
  });
  // One at a time, and the first tag when the content of all has arrived.
  expect(order.slice(0, 6)).toEqual(names.flatMap((name) => [`blob of ${name}`, `blob of ${name}`]));
  expect(order.slice(6).sort()).toEqual(names.map((name) => `tag of ${name}`).sort());
});
