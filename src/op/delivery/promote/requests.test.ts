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
