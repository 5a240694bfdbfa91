import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkbench, type Workbench } from '../../../../../test/builder/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

/** A buildpack that prints a word when it builds. */
const sayingBuildpack = (id: string, word: string) => ({
  [`${id}/buildpack.toml`]: `api = "0.10"\n[buildpack]\nid = "own/${id}"\nversion = "1.0.0"\n`,
  [`${id}/bin/detect.sh`]: '#!/bin/sh\n',
  [`${id}/bin/build.sh`]: `#!/bin/sh\necho "${word} from ${id}"\n`,
});
/** The names that buildpacks must have; the workbench makes .sh executable. */
function nameScripts(directory: string): void {
  execFileSync('find', [directory, '-name', '*.sh', '-exec', 'sh', '-c', 'mv "$1" "${1%.sh}"', '-', '{}', ';']);
}
const descriptor = (text: string) => `[_]\nschema-version = "0.2"\n${text}`;

describe('buildpacks that the builder does not have', () => {
  it('come from a directory and from a script, together with those of the builder', async () => {
    const directory = await bench.application({
      'public/index.html': 'x',
      ...sayingBuildpack('local', 'hello'),
      'project.toml': descriptor(`[[io.buildpacks.group]]
uri = "local"
[[io.buildpacks.group]]
id = "octopipeline/static"
[[io.buildpacks.group]]
id = "own/script"
script = { api = "0.10", inline = "echo hello from a script in $PWD" }
`),
    });
    nameScripts(directory);
    const built = await bench.build(directory);
    expect(built.buildpacks).toEqual(['own/local@1.0.0', 'octopipeline/static@1.2.0', 'own/script@0.0.0']);
    expect(built.lines).toContain('hello from local');
    expect(built.lines).toContain('hello from a script in /workspace');
  });

  it('go before and after what the builder chooses', async () => {
    const directory = await bench.application({
      'public/index.html': 'x',
      ...sayingBuildpack('first', 'hi'),
      'project.toml': descriptor('[[io.buildpacks.pre.group]]\nuri = "first"\n'),
    });
    nameScripts(directory);
    expect((await bench.build(directory)).buildpacks).toEqual(['own/first@1.0.0', 'octopipeline/static@1.2.0']);
  });

  it('come from an image, as skaffold.yaml names it', async () => {
    const source = await bench.application(sayingBuildpack('packed', 'hey'));
    nameScripts(source);
    const [root, layer] = [join(source, 'root'), join(source, 'layer.tar')];
    execFileSync('mkdir', ['-p', join(root, 'cnb/buildpacks/own_packed')]);
    execFileSync('cp', ['-r', join(source, 'packed'), join(root, 'cnb/buildpacks/own_packed/1.0.0')]);
    execFileSync('tar', ['--create', `--file=${layer}`, `--directory=${root}`, 'cnb']);
    const image = `${bench.registry.host}/own/packed:1`;
    const label = `io.buildpacks.buildpackage.metadata={"id":"own/packed","version":"1.0.0"}`;
    const crane = (...args: string[]) =>
      execFileSync('crane', args, { env: { PATH: bench.context.env.PATH }, stdio: 'pipe' });
    crane('append', '--oci-empty-base', `--new_layer=${layer}`, `--new_tag=${image}`);
    crane('mutate', image, `--tag=${image}`, `--label=${label}`, '--set-platform=linux/amd64');
    const directory = await bench.application({ 'public/index.html': 'x' });
    const built = await bench.build(directory, { buildpacks: [`docker://${image}`, 'octopipeline/static@1.2.0'] });
    expect(built.buildpacks).toEqual(['own/packed@1.0.0', 'octopipeline/static@1.2.0']);
    expect(built.lines).toContain('hey from packed');
    await expect(bench.build(directory, { buildpacks: [`docker://${bench.run}`] })).rejects.toMatchObject({
      kind: 'input',
      message: `${bench.run} is not a buildpack`,
    });
  });

  it('are refused if they are not buildpacks', async () => {
    const directory = await bench.application({ 'public/index.html': 'x', 'empty/README.md': '' });
    await expect(bench.build(directory, { buildpacks: ['empty'] })).rejects.toMatchObject({
      kind: 'input',
      message: `${join(directory, 'empty')} is not a buildpack`,
      why: 'it has no buildpack.toml',
    });
  });
});
