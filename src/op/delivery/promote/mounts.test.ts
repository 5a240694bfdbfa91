import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
import { pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let counted: UnrulyRegistry;
let sandbox: PromoteSandbox;
let count = 0;

beforeAll(async () => {
  registry = await startPlainRegistry();
  counted = await startUnrulyRegistry(registry.host);
});
afterAll(() => Promise.all([registry?.stop(), counted?.stop()]));
beforeEach(async () => {
  count += 1;
  sandbox = await createPromoteSandbox({ dev: `${counted.host}/dev${count}`, pp: `${counted.host}/pp${count}` });
  counted.calm();
  return () => sandbox.remove();
});

const isContent = ({ method, path }: Asked) =>
  path.includes('/blobs/') && (method === 'GET' || method === 'PUT' || method === 'PATCH');
const isMount = ({ method, query }: Asked) => method === 'POST' && query.startsWith('mount=');
const stored = (name: string) => registryTool('crane', ['digest', `${registry.host}/pp${count}/${name}`]);

async function two(): Promise<readonly [web: string, api: string]> {
  const web = await pushImage(`${registry.host}/dev${count}/web:v1`, 100_000);
  const { index } = await pushIndex(`${registry.host}/dev${count}/api:v1`);
  const at = `${counted.host}/dev${count}`;
  await sandbox.built({ web: `${at}/web:v1@${web}`, api: `${at}/api:v1@${index}` });
  return [web, index];
}

it('a promotion within one registry sends and reads no blob', async () => {
  const [web, api] = await two();
  await sandbox.promote();
  expect(counted.requests.filter(isContent)).toEqual([]);
  // A layer and a configuration of each of three images.
  expect(counted.requests.filter((one) => isMount(one) && one.status === 201).length).toBe(6);
  expect([await stored('web:v1'), await stored('api:v1')]).toEqual([web, api]);
});

it('a registry that refuses to take a blob from another repository gets it sent', async () => {
  const [web, api] = await two();
  counted.behave((one) => (isMount(one) ? { status: 403 } : undefined));
  await sandbox.promote();
  expect(counted.requests.filter(isContent)).not.toEqual([]);
  expect([await stored('web:v1'), await stored('api:v1')]).toEqual([web, api]);
});
