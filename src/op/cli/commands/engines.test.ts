import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBuilder } from '../../../../test/builder/push-builder.js';
import { type LocalBuildKit, startBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { buildScript, makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

/** A base that Skaffold builds, an image on it that BuildKit builds, one on that, and one that buildpacks build. */
const fourEngines = (builder: string) =>
  `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: api
      context: api
      requires:
        - image: lib
          alias: LIB
      docker:
        buildArgs:
          GREETING: '{{.GREETING}} from {{.IMAGE_NAME}}'
    - image: team/lib
      context: lib
      requires:
        - image: base
          alias: BASE
      docker: {}
    - image: base
      context: base
      custom:
        buildCommand: ../build-image.sh
    - image: site
      context: site
      buildpacks:
        builder: ${builder}
        env:
          - 'BP_GREETING={{.GREETING | upper}}'
`.replace('image: lib\n          alias: LIB', 'image: team/lib\n          alias: LIB');

let op: Op;
let registry: LocalRegistry;
let buildkit: LocalBuildKit;
let builder: string;
let runImage: string;
let repository: SampleRepository;

beforeAll(async () => {
  op = await bundledOp(['skaffold', 'crane', 'git', 'buildctl', 'lifecycle', 'cnb-launcher', 'bwrap']);
  [registry, buildkit] = await Promise.all([startRegistry(), startBuildKit()]);
  ({ builder, run: runImage } = await pushBuilder(registry.host));
}, 120_000);
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), buildkit?.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository({
    'skaffold.yaml': fourEngines(builder),
    // BuildKit requires base images to have a platform.
    'build-image.sh': `${buildScript}crane mutate "$IMAGE" --set-platform=linux/amd64 --tag "$IMAGE"\n`,
    'lib/Dockerfile': 'ARG BASE\nFROM ${BASE}\nCOPY lib.txt /lib.txt\n',
    'lib/lib.txt': 'lib\n',
    'api/Dockerfile': 'ARG LIB\nFROM ${LIB}\nARG GREETING\nLABEL greeting=${GREETING}\nCOPY api.txt /api.txt\n',
    'api/api.txt': 'api\n',
    'site/public/index.html': '<h1>Hello</h1>\n',
  });
});
afterEach(() => repository.remove());

const crane = (...args: string[]) =>
  execFileSync('crane', args, {
    env: withTools(['crane']),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const run = (command: string, path: string, ...args: string[]) =>
  op.run(repository.directory, [command, `--default-repo=${registry.host}/${path}`, ...args], {
    BUILDKIT_HOST: buildkit.address,
    GREETING: 'hello',
  });
const builds = async (): Promise<Record<string, string>> => {
  const { builds } = JSON.parse(await readFile(join(repository.directory, 'build_result.json'), 'utf8'));
  return Object.fromEntries(builds.map(({ imageName, tag }: Record<string, string>) => [imageName, tag]));
};
const row = (text: string, image: string) => text.split('\n').find((line) => line.startsWith(`${image} `)) ?? '';

describe('images of several engines in one skaffold.yaml', () => {
  it('are planned with an engine and a reason for each, dependencies first', async () => {
    const ran = await run('build', 'plan', '--plan=json');
    const { images, problems } = JSON.parse(ran.stdout);
    expect(problems).toEqual([]);
    expect(images.map(({ image, engine, stage }: Record<string, unknown>) => [image, engine, stage])).toEqual([
      ['base', 'skaffold', 1],
      ['team/lib', 'buildkit', 2],
      ['api', 'buildkit', 3],
      ['site', 'lifecycle', 1],
    ]);
  });

  it('are all built, each on the digests of its bases, under the names that Skaffold gives', async () => {
    const ran = await run('push', 'four');
    expect(ran.stderr).toContain('4 images in');
    expect(ran.exitCode).toBe(0);
    const short = repository.git('rev-parse', '--short', 'HEAD');
    const images = await builds();
    expect(Object.keys(images)).toEqual(['base', 'team/lib', 'api', 'site']);
    for (const [name, tag] of Object.entries(images)) {
      const place = `${registry.host}/four/${name.replace('/', '_')}:${short}`;
      expect(tag).toBe(`${place}@${crane('digest', place)}`);
    }
    const layers = (image: string) =>
      JSON.parse(crane('manifest', images[image] ?? '')).layers.map(({ digest }: { digest: string }) => digest);
    expect(layers('team/lib').slice(0, -1)).toEqual(layers('base'));
    expect(layers('api').slice(0, -1)).toEqual(layers('team/lib'));
    const { config } = JSON.parse(crane('config', images.api ?? ''));
    expect(config.Labels.greeting).toBe('hello from api');
    expect(row(ran.stderr, 'site')).toMatch(/ lifecycle +built/u);
  });

  it('are reused at the next commit by their content: only changed images are built', async () => {
    expect((await run('push', 'again')).exitCode).toBe(0);
    const first = await builds();
    await repository.write({ 'api/api.txt': 'another api\n' });
    repository.commit('change one file');
    const ran = await run('push', 'again');
    expect(ran.exitCode).toBe(0);
    expect(row(ran.stderr, 'team/lib')).toMatch(/reused \(same content\)/u);
    expect(row(ran.stderr, 'site')).toMatch(/reused \(same content\)/u);
    expect(row(ran.stderr, 'api')).toMatch(/ built/u);
    const digest = (tag = '') => tag.slice(tag.indexOf('@'));
    const second = await builds();
    expect(digest(second.site)).toBe(digest(first.site));
    expect(digest(second.api)).not.toBe(digest(first.api));
    const short = repository.git('rev-parse', '--short', 'HEAD');
    expect(crane('digest', `${registry.host}/again/site:${short}`)).toBe(digest(first.site).slice(1));
  });

  it('are rebuilt when a file becomes executable, with --rebuild, and when reuse is off', async () => {
    expect((await run('push', 'modes')).exitCode).toBe(0);
    execFileSync('chmod', ['+x', join(repository.directory, 'api/api.txt')]);
    repository.commit('a program');
    expect(row((await run('push', 'modes')).stderr, 'api')).toMatch(/ built/u);
    repository.commit('nothing');
    expect(row((await run('push', 'modes', '--reuse-content=false')).stderr, 'api')).toMatch(/ built/u);
    expect(row((await run('push', 'modes', '--rebuild')).stderr, 'site')).toMatch(/ built/u);
  });

  it('are those of the last --rebuild at later commits', async () => {
    expect((await run('push', 'rebuilt')).exitCode).toBe(0);
    repository.commit('nothing');
    expect(row((await run('push', 'rebuilt', '--rebuild')).stderr, 'api')).toMatch(/ built/u);
    const rebuilt = await builds();
    repository.commit('nothing again');
    expect(row((await run('push', 'rebuilt')).stderr, 'api')).toMatch(/reused \(same content\)/u);
    const digest = (tag = '') => tag.slice(tag.indexOf('@'));
    expect(digest((await builds()).api)).toBe(digest(rebuilt.api));
  });

  it('are rebuilt when the run image of their builder changes', async () => {
    expect((await run('push', 'run-image')).exitCode).toBe(0);
    repository.commit('nothing');
    expect(row((await run('push', 'run-image')).stderr, 'site')).toMatch(/reused \(same content\)/u);
    const name = runImage.slice(runImage.indexOf('/') + 1);
    crane('mutate', runImage, '--label=renewed=yes', `--tag=${registry.host}/${name}`);
    repository.commit('nothing again');
    const renewed = await run('push', 'run-image');
    expect(row(renewed.stderr, 'site')).toMatch(/ built/u);
    expect(row(renewed.stderr, 'team/lib')).toMatch(/reused/u);
  });

  it('are rebuilt when the variable of a build argument changes', async () => {
    const skaffold = fourEngines(builder).replace("GREETING: '{{.GREETING}} from {{.IMAGE_NAME}}'", 'GREETING:');
    await repository.write({ 'skaffold.yaml': skaffold });
    const build = (greeting: string) => {
      repository.commit('nothing');
      const env = { BUILDKIT_HOST: buildkit.address, GREETING: greeting };
      return op.run(repository.directory, ['push', `--default-repo=${registry.host}/variable`], env);
    };
    expect((await build('one')).exitCode).toBe(0);
    expect(row((await build('one')).stderr, 'api')).toMatch(/reused \(same content\)/u);
    expect(row((await build('two')).stderr, 'api')).toMatch(/ built/u);
    const { config } = JSON.parse(crane('config', (await builds()).api ?? ''));
    expect(config.Labels.greeting).toBe('two');
  });

  it('are rebuilt when the .dockerignore of a Dockerfile outside the context changes', async () => {
    const skaffold = fourEngines(builder).replace(
      'docker:\n        buildArgs',
      'docker:\n        dockerfile: ../docker/api\n        buildArgs',
    );
    await repository.write({
      'skaffold.yaml': skaffold,
      'docker/api': 'ARG LIB\nFROM ${LIB}\nCOPY . /all/\n',
      'docker/api.dockerignore': '*.md\n',
    });
    repository.commit('elsewhere');
    expect((await run('push', 'ignore')).exitCode).toBe(0);
    await repository.write({ 'docker/api.dockerignore': '*.txt\n' });
    repository.commit('another .dockerignore');
    expect(row((await run('push', 'ignore')).stderr, 'api')).toMatch(/ built/u);
  });

  it('are reused by their commit at once', async () => {
    expect((await run('push', 'commit')).exitCode).toBe(0);
    const ran = await run('push', 'commit');
    expect(ran.stderr).toContain('nothing to build: 4 images');
    expect(row(ran.stderr, 'api')).toMatch(/reused \(same commit\)/u);
  });

  it('stop when one fails: its error is reported, and no list is left', async () => {
    await repository.write({ 'lib/Dockerfile': 'ARG BASE\nFROM ${BASE}\nCOPY missing.txt /\n' });
    repository.commit('broken');
    const ran = await run('push', 'broken');
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain('error: lib/Dockerfile line 3 copies a file that does not exist');
    expect(existsSync(join(repository.directory, 'build_result.json'))).toBe(false);
    expect(readdirSync(op.temporary)).toEqual([]);
  });

  it('are all built by op build, which keeps none', async () => {
    const ran = await run('build', 'unused');
    expect(ran.stderr).toContain('done: 4 images built, nothing pushed');
    expect(ran.exitCode).toBe(0);
    expect(row(ran.stderr, 'api')).toMatch(/^api +api:\S+ +[0-9a-f]{12} .* buildkit +built/u);
    expect(crane('catalog', registry.host)).not.toContain('unused');
    expect(readdirSync(op.temporary)).toEqual([]);
  });

  it('are built one after the other when only one may run at a time', async () => {
    const ran = await run('push', 'one', '--jobs=1');
    expect(ran.exitCode).toBe(0);
  });
});

describe('where nothing can build an image', () => {
  it('every image is reported with the reason, before anything is built', async () => {
    const ran = await op.run(repository.directory, ['push', `--default-repo=${registry.host}/none`]);
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain('error: cannot build team/lib, api of skaffold.yaml here');
    expect(ran.stderr).toContain('a Dockerfile needs BuildKit or a Docker daemon, and neither answers');
    expect(crane('catalog', registry.host)).not.toContain('none/');
  });

  it('a plan is still shown', async () => {
    const ran = await op.run(repository.directory, ['build', '--plan']);
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toMatch(/^2 +team\/lib +- .* a Dockerfile needs BuildKit/mu);
  });
});
