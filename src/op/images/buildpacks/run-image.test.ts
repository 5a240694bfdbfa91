import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reference } from '../../../../test/builder/workbench.js';
import { freePort, type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import type { Builder, RunImage } from './builder.js';
import { chooseRunImage } from './run-image.js';

const env = withTools(['crane']);
const { context } = testContext({ env });
let one: LocalRegistry;
let other: LocalRegistry;
let nobody: string;
beforeAll(async () => {
  [one, other] = await Promise.all([startRegistry(), startRegistry()]);
  nobody = `localhost:${await freePort()}`;
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
  it('is the builder one that is in the registry of the target', async () => {
    const images = [{ image: `${one.host}/run:1`, mirrors: [`${other.host}/run:1`] }];
    expect(await choose(images, `${other.host}/app:1`)).toBe(`${other.host}/run:1`);
    expect(await choose(images, `${one.host}/app:1`)).toBe(`${one.host}/run:1`);
  });

  it('is else the first that can be read', async () => {
    const images = [{ image: `${nobody}/run:1`, mirrors: [`${other.host}/run:2`, `${other.host}/run:1`] }];
    expect(await choose(images, `${one.host}/app:1`)).toBe(`${other.host}/run:1`);
  });

  it('is the one that is named', async () => {
    expect(await choose([], `${one.host}/app:1`, `${other.host}/run:1`)).toBe(`${other.host}/run:1`);
  });

  it('is missing with the reason for each, as bad input only when all are answered', async () => {
    const images = [{ image: `${nobody}/run:1`, mirrors: [`${other.host}/run:2`] }];
    await expect(choose(images, `${one.host}/app:1`)).rejects.toMatchObject({
      kind: 'tool',
      message: 'cannot read the run image of b:1',
      why: expect.stringMatching(/connection refused[\s\S]*there is no run image/u),
    });
    await expect(choose([], `${one.host}/app:1`)).rejects.toMatchObject({
      kind: 'input',
      message: 'the builder b:1 names no run image',
    });
  });
});
