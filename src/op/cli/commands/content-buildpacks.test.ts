import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pushBuilder } from '../../../../test/builder/push-builder.js';
import { buildpacksTools } from '../../../../test/builder/workbench.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let builder: string;
let room: string;

beforeAll(async () => {
  op = await bundledOp(['skaffold', 'git', ...buildpacksTools]);
  registry = await startRegistry();
  ({ builder } = await pushBuilder(registry.host));
  room = await mkdtemp(join(tmpdir(), 'content-buildpacks-'));
}, 120_000);
afterAll(async () => {
  await Promise.all([op?.dispose(), registry?.stop()]);
  await rm(room, { recursive: true, force: true });
});

const crane = (...args: string[]) => execFileSync('crane', args, { env: withTools(['crane']), stdio: 'pipe' });
const buildpackToml = 'api = "0.10"\n[buildpack]\nid = "own/packed"\nversion = "1.0.0"\n[[targets]]\nos = "linux"\n';
const programs = (word: string) => ({
  detect: '#!/bin/sh\n',
  build: `#!/bin/sh\necho "this is the ${word} buildpack"\n`,
});

/** Pushes the image of a buildpack that says a word when it builds. */
async function pushBuildpack(word: string): Promise<void> {
  const root = await mkdtemp(join(room, 'root-'));
  const place = join(root, 'cnb/buildpacks/own_packed/1.0.0');
  await mkdir(join(place, 'bin'), { recursive: true });
  await writeFile(join(place, 'buildpack.toml'), buildpackToml);
  for (const [name, text] of Object.entries(programs(word))) {
    await writeFile(join(place, 'bin', name), text);
    await chmod(join(place, 'bin', name), 0o755);
  }
  const layer = `${root}.tar`;
  execFileSync('tar', ['--create', `--file=${layer}`, `--directory=${root}`, 'cnb']);
  const image = `${registry.host}/own/packed:latest`;
  crane('append', '--oci-empty-base', `--new_layer=${layer}`, `--new_tag=${image}`);
  const label = '--label=io.buildpacks.buildpackage.metadata={"id":"own/packed","version":"1.0.0"}';
  crane('mutate', image, `--tag=${image}`, label, '--set-platform=linux/amd64');
}

const skaffold = (more: string) =>
  `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: site\n      context: site\n      buildpacks:\n        builder: ${builder}\n${more}`;
const project = (...buildpacks: readonly string[]) =>
  ['[_]\nschema-version = "0.2"\n', ...buildpacks.map((text) => `[[io.buildpacks.group]]\n${text}\n`)].join('');
const ofBuilder = 'id = "octopipeline/static"';
const packed = () => `${registry.host}/own/packed`;

interface Built {
  readonly reused: boolean;
  readonly log: string;
}

/** What two commits of the same files give, with `between` before the second. */
async function pushTwice(name: string, files: Readonly<Record<string, string>>, between = async () => {}) {
  const repository = await makeSampleRepository({ 'site/public/index.html': '<h1>Hello</h1>\n', ...files });
  const programsOf = Object.keys(files).filter((file) => file.includes('/bin/'));
  for (const file of programsOf) await chmod(join(repository.directory, file), 0o755);
  const push = async (): Promise<Built> => {
    const { stderr } = await op.run(repository.directory, [
      'push',
      '--debug',
      `--default-repo=${registry.host}/${name}`,
    ]);
    expect(stderr).toContain('1 image');
    return { reused: stderr.includes('reused (same content)'), log: stderr };
  };
  try {
    const first = await push();
    await between();
    repository.commit('nothing');
    return { first, second: await push() };
  } finally {
    await repository.remove();
  }
}

it.each<[string, () => Readonly<Record<string, string>>]>([
  ['a quoted key', () => ({ 'site/project.toml': project(`"uri" = "docker://${packed()}"`, ofBuilder) })],
  [
    'a table in one line',
    () => ({
      'site/project.toml': `[_]\nschema-version = "0.2"\n[io]\nbuildpacks = {group = [{'uri'="docker://${packed()}"}, {${ofBuilder}}]}\n`,
    }),
  ],
  ['an ID', () => ({ 'site/project.toml': project(`id = "${packed()}"`, ofBuilder) })],
  [
    'an ID in skaffold.yaml',
    () => ({ 'skaffold.yaml': skaffold(`        buildpacks: ['${packed()}', octopipeline/static]\n`) }),
  ],
])('an image is built again when a buildpack changes that %s fetches as an image', async (how, files) => {
  await pushBuildpack('first');
  const { first, second } = await pushTwice(
    how.replaceAll(/[^a-z]+/giu, '-').toLowerCase(),
    { 'skaffold.yaml': skaffold(''), ...files() },
    () => pushBuildpack('second'),
  );
  expect(first.log).toContain('this is the first buildpack');
  expect(second.log).toContain('this is the second buildpack');
  expect(second.log).toContain(`not looked up by content: its buildpack `);
  expect(second.log).toContain(`${packed()} is an image, which can change`);
});

it('an image is built again when it has a buildpack of skaffold.yaml from a directory outside of its context', async () => {
  const own = {
    'own/pack/buildpack.toml': buildpackToml,
    'own/pack/bin/detect': programs('own').detect,
    'own/pack/bin/build': programs('own').build,
  };
  const files = { ...own, 'skaffold.yaml': skaffold('        buildpacks: [own/pack, octopipeline/static]\n') };
  const { second } = await pushTwice('outside', files);
  expect(second.log).toContain('its buildpack own/pack has parts that are not in the context');
  expect(second.reused).toBe(false);
});

it.each<[string, Readonly<Record<string, string>>]>([
  ['an ID of the builder', { 'site/project.toml': project(ofBuilder) }],
  ['a text that looks like a uri', { 'site/project.toml': `${project(ofBuilder)}# uri = "docker://example.com/x"\n` }],
  [
    'a directory of the context',
    {
      'site/project.toml': project('uri = "pack"', ofBuilder),
      'site/pack/buildpack.toml': buildpackToml,
      'site/pack/bin/detect': programs('own').detect,
      'site/pack/bin/build': programs('own').build,
    },
  ],
  [
    'an inline script',
    {
      'site/project.toml': project(
        'id = "own/script"\n[io.buildpacks.group.script]\napi = "0.10"\ninline = "echo script"',
        ofBuilder,
      ),
    },
  ],
])('an image is reused when its buildpacks are %s', async (how, files) => {
  const name = how.replaceAll(/[^a-z]+/giu, '-').toLowerCase();
  const { second } = await pushTwice(name, { 'skaffold.yaml': skaffold(''), ...files });
  expect(second.log).not.toContain('not looked up by content');
  expect(second.reused).toBe(true);
});
