import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorkbench, type Workbench } from '../../../../test/builder/workbench.js';

// What the code of a buildpack leaves in /layers for the phases with credentials.
let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

const buildWith = async (script: string) =>
  bench.build(
    await bench.application({
      'project.toml': `[_]
schema-version = "0.2"
[[io.buildpacks.group]]
id = "evil/layers"
script = { api = "0.10", inline = '''
cd "$CNB_LAYERS_DIR/.."
${script}
''' }
`,
    }),
  );

it('another run image is not used', async () => {
  const found = `[run-image]\\nreference = "${bench.registry.host}/no/such:1"\\n`;
  await expect(buildWith(`printf '${found}' >analyzed.toml`)).resolves.toHaveProperty('digest');
});

it('what looks like the layers of an image extension is not exported', async () => {
  const script = 'mkdir -p extended/run/image && echo "{}" >extended/run/image/index.json';
  await expect(buildWith(script)).resolves.toHaveProperty('digest');
});

it('a link among the bills of materials is refused, however deep it is', async () => {
  const script = 'mkdir -p sbom/launch && ln -s /tmp sbom/launch/buildpacksio_lifecycle';
  await expect(buildWith(script)).rejects.toMatchObject({
    kind: 'tool',
    message: expect.stringMatching(/sbom\/launch\/buildpacksio_lifecycle a symbolic link$/u),
  });
});
