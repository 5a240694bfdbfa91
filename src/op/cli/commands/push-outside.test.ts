import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;
beforeAll(async () => {
  op = await bundledOp();
  registry = await startRegistry();
  repository = await makeSampleRepository({
    'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: ${registry.host}/prod/web
      context: app
      custom:
        buildCommand: sh ../build-image.sh "$IMAGE_TAG" $PUSH_IMAGE
`,
  });
});
afterAll(() => Promise.all([op.dispose(), registry.stop(), repository.remove()]));

it('an image whose name only begins like the repository is pushed nowhere', async () => {
  const env = { PATH: withTools(['skaffold', 'crane']).PATH ?? '' };
  const pushed = async () => (await registryTool('crane', ['catalog', registry.host])).split('\n').filter(Boolean);
  const push = (to: string) => op.run(repository.directory, ['push', `--default-repo=${registry.host}/${to}`], env);
  const refused = await push('pr');
  expect(await pushed()).toEqual([]);
  expect([refused.exitCode, refused.stderr]).toEqual([6, expect.stringContaining(`not below ${registry.host}/pr`)]);
  expect((await push('prod')).exitCode).toBe(0);
  expect(await pushed()).toEqual(['prod/web']);
});
