import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBuilder } from '../../../../test/builder/push-builder.js';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { type LocalDocker, startDocker, whyNoDocker } from '../../../../test/op/local-docker.js';
import {
  dockerConfig,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startRegistry,
} from '../../../../test/op/local-registry.js';
import { bundledOp, type Op, type Ran } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let docker: LocalDocker;
let registry: LocalRegistry;
let closed: LocalRegistry;
let repository: SampleRepository;
let containers: readonly string[];

const crane = (...args: string[]) =>
  execFileSync('crane', args, { env: withTools(['crane']), encoding: 'utf8', stdio: 'pipe' }).trim();

const api = '    - image: api\n      context: api\n      docker: {}\n';
const site = (builder = 'acme/builders/builder:1') => `    - image: site
      context: site
      buildpacks:
        builder: ${builder}
        env:
          - 'BP_GREETING={{.GREETING}}'
`;
const skaffoldYaml = (...artifacts: readonly string[]) =>
  `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n${artifacts.join('')}`;

// In place of the daemon's pull-through cache of docker.io: a builder, its run image, and the lifecycle that pack uses.
beforeAll(async () => {
  if (whyNoDocker !== undefined) return;
  op = await bundledOp(['skaffold', 'crane', 'git', 'pack']);
  [docker, registry, closed] = await Promise.all([startDocker(), startRegistry(), startPasswordRegistry()]);
  const mirrored = (reference: string) => `${registry.host}/${reference}`;
  const { builder } = await pushBuilder('docker.io/acme', (layout, reference) =>
    execa('crane', ['push', layout, mirrored(reference)], { env: withTools(['crane']) }),
  );
  crane('copy', mirrored(builder), mirrored('docker.io/buildpacksio/lifecycle:0.21.0'));
  pushBusybox(`${registry.host}/base:1`);
}, 120_000);
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), closed?.stop(), docker?.stop()]));
beforeEach(async () => {
  if (whyNoDocker !== undefined) return;
  repository = await makeSampleRepository({
    'skaffold.yaml': skaffoldYaml(api, site()),
    'api/Dockerfile': `FROM ${registry.host}/base:1\nCOPY api.txt /api.txt\n`,
    'api/api.txt': 'api\n',
    'site/public/index.html': '<h1>Hello</h1>\n',
    'site/project.toml':
      '[_]\nschema-version = "0.2"\n[io.buildpacks]\nexclude = ["notes.txt"]\n[[io.buildpacks.build.env]]\nname = "BP_STATIC_ROOT"\nvalue = "public"\n',
    'site/notes.txt': 'not for the image\n',
  });
  containers = await docker.containers();
});
afterEach(async () => {
  await repository?.remove();
});

const run = (command: string, ...args: string[]) =>
  op.run(repository.directory, [command, `--image-mirror=docker.io=${registry.host}/docker.io`, ...args], {
    DOCKER_HOST: docker.host,
    GREETING: 'hello',
  });
const push = (path: string, ...args: string[]) =>
  run('push', `--default-repo=${registry.host}/${path}`, '--debug', ...args);
const loggedIn = async (word: string | undefined) => {
  const config = join(repository.directory, '.git/docker');
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'config.json'), word === undefined ? '{}' : dockerConfig(closed.host, word));
  return [`--dockerconfig=${config}`];
};
const onlyApi = (text: string) => repository.write({ 'skaffold.yaml': skaffoldYaml(api), 'api/api.txt': text });
const row = (text: string, image: string) => text.split('\n').find((line) => line.startsWith(`${image} `)) ?? '';
const builds = async (): Promise<Record<string, string>> => {
  const { builds } = JSON.parse(await readFile(join(repository.directory, 'build_result.json'), 'utf8'));
  return Object.fromEntries(builds.map(({ imageName, tag }: Record<string, string>) => [imageName, tag]));
};

describe.skipIf(whyNoDocker !== undefined)('a Dockerfile where a Docker daemon answers', () => {
  it('is built by Skaffold into the daemon, and stays there', async () => {
    await onlyApi('built\n');
    const commit = repository.commit();
    const ran = await run('build');
    expect(ran.stderr).toContain('into the Docker daemon');
    expect(row(ran.stderr, 'api')).toMatch(/ skaffold +built/u);
    expect(ran.exitCode).toBe(0);
    expect(await docker.images()).toContain(`api:${commit.slice(0, 7)}`);
  });

  it('is pushed from there, listed by digest, and reused', async () => {
    await onlyApi('pushed\n');
    const tag = repository.commit().slice(0, 7);
    const ran = await push('alone');
    expect(ran.stderr).toContain('done: 1 image in');
    expect(ran.exitCode).toBe(0);
    const image = `${registry.host}/alone/api:${tag}`;
    expect(await builds()).toEqual({ api: `${image}@${crane('digest', image)}` });
    const again = await push('alone');
    expect(again.stderr).toContain('nothing to build: 1 image');
    expect(await builds()).toEqual({ api: `${image}@${crane('digest', image)}` });
  });

  it('reports the output of the builder when it cannot be built', async () => {
    await onlyApi('broken\n');
    await repository.write({ 'api/Dockerfile': `FROM ${registry.host}/base:1\nRUN false\n` });
    repository.commit();
    const ran = await push('broken');
    await expectError(
      ran,
      4,
      'error: building api failed',
      "The command '/bin/sh -c false' returned a non-zero code: 1",
    );
  });
});

describe.skipIf(whyNoDocker !== undefined)('buildpacks where pack is installed and a Docker daemon answers', () => {
  it('are planned for pack, and a Dockerfile for Skaffold', async () => {
    const ran = await run('build', '--plan=json');
    const { images, problems } = JSON.parse(ran.stdout);
    expect(problems).toEqual([]);
    expect(images.map(({ image, engine, why }: Record<string, unknown>) => [image, engine, why])).toEqual([
      ['api', 'skaffold', 'a Docker daemon answers'],
      ['site', 'pack', 'pack is installed, and a Docker daemon answers'],
    ]);
    expect((await run('build', '--plan')).stdout).toMatch(/^1 +site +pack /mu);
  });

  it('are pushed together with a Dockerfile: digests, processes, environment, bills of materials', async () => {
    const ran = await push('both', '--sbom-output=sboms');
    expect(ran.stderr).toContain('done: 2 images in');
    expect(ran.exitCode).toBe(0);
    const tag = repository.git('rev-parse', '--short', 'HEAD');
    const images = await builds();
    expect(Object.keys(images)).toEqual(['api', 'site']);
    for (const [name, image] of Object.entries(images)) {
      const place = `${registry.host}/both/${name}:${tag}`;
      expect(image).toBe(`${place}@${crane('digest', place)}`);
    }
    expect(row(ran.stderr, 'site')).toMatch(/ pack +built/u);
    expect(ran.stderr).toContain('BP_GREETING is hello');
    expect(ran.stderr).toMatch(/processes: (?:web, list|list, web)$/mu);
    expect(ran.stderr).not.toContain('Pull complete');
    const { config } = JSON.parse(crane('config', images.site ?? ''));
    expect(config.Entrypoint).toEqual(['/cnb/process/web']);
    expect(config.Labels['io.buildpacks.lifecycle.metadata']).toContain(
      `${registry.host}/docker.io/acme/builders/run:1`,
    );
    const bill = await readFile(
      join(repository.directory, 'sboms/site/launch/octopipeline_static/sbom.cdx.json'),
      'utf8',
    );
    expect(bill).toContain('CycloneDX');
    expect(await docker.containers()).toEqual(containers);
    expect((await docker.images()).filter((name) => name.startsWith('pack.local/'))).toEqual([]);
    expect(readdirSync(op.temporary)).toEqual([]);
  });

  it('are reused at the same commit and for the same content, and use their cache when a file changes', async () => {
    const cache = `--build-cache=${registry.host}/cache`;
    expect((await push('again', cache)).exitCode).toBe(0);
    const first = await builds();
    expect((await push('again', cache)).stderr).toContain('nothing to build: 2 images');
    repository.commit('nothing');
    expect(row((await push('again', cache)).stderr, 'site')).toMatch(/reused \(same content\)/u);
    await repository.write({ 'site/public/index.html': '<h1>Hello again</h1>\n' });
    repository.commit('a page');
    const ran = await push('again', cache);
    expect(ran.stderr).toContain('using the download of an earlier build');
    expect(row(ran.stderr, 'site')).toMatch(/built \(\d of \d layers reused\)/u);
    expect((await builds()).site?.replace(/.*@/u, '')).not.toBe(first.site?.replace(/.*@/u, ''));
  });

  it('are pushed with the credentials of --dockerconfig', async () => {
    const ran = await run('push', `--default-repo=${closed.host}/team`, ...(await loggedIn(password)));
    expect(ran.stderr).toContain('done: 2 images in');
    expect(ran.stderr).not.toContain(password);
    expect(ran.exitCode).toBe(0);
  });

  it('are built by op build without a push, and not kept', async () => {
    const ran = await run('build');
    expect(ran.stderr).toContain('done: 2 images built, nothing pushed');
    expect(ran.exitCode).toBe(0);
    expect(readdirSync(op.temporary)).toEqual([]);
  });

  it('are built by op itself with --engine=lifecycle, even if pack is installed', async () => {
    const { images } = JSON.parse((await run('build', '--plan=json', '--engine=lifecycle')).stdout);
    expect(images[1]).toMatchObject({ image: 'site', engine: 'lifecycle' });
  });
});

/** Checks the three lines, the exit code, and that nothing is left. */
async function expectError(ran: Ran, exitCode: number, ...parts: readonly string[]) {
  expect(ran.stderr).toMatch(/^error: .+\n {2}why: .+\n {2}do: {2}.+/msu);
  for (const part of parts) expect(ran.stderr).toContain(part);
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.stderr).not.toContain(password);
  expect(existsSync(join(repository.directory, 'build_result.json'))).toBe(false);
  expect(readdirSync(op.temporary)).toEqual([]);
}

describe.skipIf(whyNoDocker !== undefined)('a build with pack reports', () => {
  it('that the builder does not exist', async () => {
    await repository.write({ 'skaffold.yaml': skaffoldYaml(site('acme/none:1')) });
    const builder = `${registry.host}/docker.io/acme/none:1`;
    await expectError(await push('none'), 3, `error: builder ${builder} not found`);
  });

  it('that an image is not a builder', async () => {
    const run = `${registry.host}/docker.io/acme/builders/run:1`;
    await repository.write({ 'skaffold.yaml': skaffoldYaml(site('acme/builders/run:1')) });
    await expectError(await push('none'), 3, `error: ${run} is not a builder`);
  });

  it('what each buildpack missed, when none applies', async () => {
    await rm(join(repository.directory, 'site/public'), { recursive: true });
    await expectError(await push('none'), 3, 'error: no buildpack of', 'can build site', 'no public/index.html');
  });

  it('what a failed buildpack printed', async () => {
    await repository.write({ 'site/public/fail-the-build': '' });
    const ran = await push('none');
    await expectError(ran, 4, 'building site failed', 'ended with exit status 7', 'must not be built');
  });

  it('which registry does not answer', async () => {
    await repository.write({ 'skaffold.yaml': skaffoldYaml(site('localhost:1/none:1')) });
    await expectError(await push('none'), 4, 'building site with pack failed', 'check the name localhost:1, and that');
  });

  it.each([
    ['no credentials are given', undefined],
    ['the password is wrong', 'wrong'],
  ])('that the registry refuses when %s', async (_, word) => {
    const flags = [`--image=${closed.host}/team/site:v1`, '--context=site', '--builder=acme/builders/builder:1'];
    const ran = await run('build-buildpacks', ...flags, ...(await loggedIn(word)));
    expect(ran.stderr).toContain('with pack');
    const parts = [
      `error: cannot push ${closed.host}/team/site:v1`,
      `give credentials that may push to ${closed.host}`,
    ];
    await expectError(ran, 4, '401 Unauthorized', ...parts);
  });
});
