import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reference } from '../../../../test/builder/workbench.js';
import { freePort, type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { chooseRunImage } from './run-image.js';
import type { Builder, RunImage } from './specification/builder.js';

const env = withTools(['crane']);
const { context } = testContext({ env });
let one: LocalRegistry;
let other: LocalRegistry;
let unreachable: string;
beforeAll(async () => {
  [one, other] = await Promise.all([startRegistry(), startRegistry()]);
  unreachable = `localhost:${await freePort()}`;
  for (const { host } of [one, other]) {
    const args = ['append', '--oci-empty-base', '--new_layer=/dev/null', `--new_tag=${host}/run:1`];
    execFileSync('crane', args, { env, stdio: 'ignore' });
  }
});
afterAll(() => Promise.all([one.stop(), other.stop()]));

const choose = (runImages: readonly RunImage[], target: string, explicit?: string) => {
  const builder: Builder = {
    image: 'b:1',
    platformApis: [],
    order: [],
    buildpacks: [],
    runImages,
    runToml: undefined,
    stackToml: undefined,
  };
  const request = { builder, explicit, target: reference(target), mirrored: (image: string) => image };
  return chooseRunImage(context, { insecure: [], env: {}, pauses: [] }, request);
};

describe('the run image', () => {
  it('is the copy in the registry of the target', async () => {
    const images = [{ image: `${one.host}/run:1`, mirrors: [`${other.host}/run:1`] }];
    expect(await choose(images, `${other.host}/app:1`)).toBe(`${other.host}/run:1`);
    expect(await choose(images, `${one.host}/app:1`)).toBe(`${one.host}/run:1`);
  });

  it('is otherwise the first that can be read', async () => {
    const images = [{ image: `${unreachable}/run:1`, mirrors: [`${other.host}/run:2`, `${other.host}/run:1`] }];
    expect(await choose(images, `${one.host}/app:1`)).toBe(`${other.host}/run:1`);
  });

  it('is the named one', async () => {
    expect(await choose([], `${one.host}/app:1`, `${other.host}/run:1`)).toBe(`${other.host}/run:1`);
  });

  it('is missing with the reason for each, as an input error only if every registry answered', async () => {
    const images = [{ image: `${unreachable}/run:1`, mirrors: [`${other.host}/run:2`] }];
    await expect(choose(images, `${one.host}/app:1`)).rejects.toMatchObject({
      kind: 'tool',
      message: 'cannot read the run image of b:1',
      why: expect.stringMatching(/connection refused[\s\S]*run image \S+ not found/u),
    });
    await expect(choose([], `${one.host}/app:1`)).rejects.toMatchObject({
      kind: 'input',
      message: 'the builder b:1 has no run image',
    });
  });
});
