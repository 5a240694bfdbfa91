import { execFileSync } from 'node:child_process';
import { chmod, copyFile, link, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBuilder } from '../../../../test/builder/push-builder.js';
import { buildpacksTools } from '../../../../test/builder/workbench.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { findTool, withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let builder: string;
let repository: SampleRepository;
beforeAll(async () => {
  [op, registry] = await Promise.all([bundledOp(['git', ...buildpacksTools]), startRegistry()]);
  ({ builder } = await pushBuilder(registry.host));
});
afterAll(() => Promise.all([op.dispose(), registry.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository({ 'web/public/index.html': 'hello\n', 'web/Procfile': '# none\n' });
});
afterEach(() => repository.remove());

const build = (...flags: readonly string[]) =>
  op.run(repository.directory, [
    '--debug',
    'build-buildpacks',
    `--image=${registry.host}/team/web:v1`,
    '--context=web',
    `--builder=${builder}`,
    '--timeout=2m',
    ...flags,
  ]);

describe('op build-buildpacks', () => {
  it('builds and pushes, and writes the image list, the outputs and the SBOMs', async () => {
    await repository.write({
      'web/project.toml': '[_]\nschema-version = "0.2"\n[io.buildpacks]\nexclude = ["Procfile"]\n',
    });
    const output = (name: string) => `--result=${name}=${join(repository.directory, 'out', name)}`;
    const flags = ['--env=BP_GREETING=hi', '--buildpack=octopipeline/static', '--sbom-output=sbom'];
    const ran = await build(...flags, output('IMAGE_URL'), output('IMAGE_DIGEST'));
    expect(ran).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('  BP_GREETING is hi\n') });
    const digest = await readFile(join(repository.directory, 'out/IMAGE_DIGEST'), 'utf8');
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/u);
    expect(await readFile(join(repository.directory, 'out/IMAGE_URL'), 'utf8')).toBe(`${registry.host}/team/web:v1`);
    expect(JSON.parse(await readFile(join(repository.directory, 'build_result.json'), 'utf8'))).toEqual({
      builds: [{ imageName: 'web', tag: `${registry.host}/team/web:v1@${digest}` }],
    });
    expect(ran.stderr).toContain('  processes: list, web');
    expect(ran.stderr).toMatch(
      /^web +\S+\/team\/web:v1 +[0-9a-f]{12} +\d+\.\d [kM]B +lifecycle +built \(0 of \d layers reused\) +\d+(?:\.\d)? s$/mu,
    );
    expect(ran.stderr).toContain(`done: ${registry.host}/team/web:v1@${digest}, listed in build_result.json`);
    const kept = await readdir(join(repository.directory, 'sbom'), { recursive: true });
    expect(kept.some((path) => path.endsWith('launch/octopipeline_static/sbom.cdx.json'))).toBe(true);
  });

  it('uses a cache of its own trust level only: a release never restores what a pull request wrote', async () => {
    let version = 0;
    const again = (trust: string) =>
      build(
        `--image=${registry.host}/team/web:t${++version}`,
        '--buildpack=octopipeline/static',
        `--build-cache=${registry.host}/cache`,
        `--cache-trust=${trust}`,
      );
    const restored = 'using the download of an earlier build';
    expect((await again('untrusted')).stderr).toContain('  downloading');
    expect((await again('untrusted')).stderr).toContain(restored);
    const release = await again('trusted');
    expect(release.stderr).toContain('  downloading');
    expect(release.stderr).not.toContain(restored);
    expect((await again('trusted')).stderr).toContain(restored);
  });

  it('leaves only the unpacked builder on this machine', async () => {
    expect(await readdir(op.temporary)).toEqual([]);
    const cache = join(op.home, '.cache/octopipeline/builders');
    expect((await readdir(cache)).every((name) => /^sha256-[0-9a-f]{64}-\w+$/u.test(name))).toBe(true);
  });

  it('explains a failure in three lines, and leaves no image list behind', async () => {
    await repository.write({ 'build_result.json': '{"builds":[]}' });
    const ran = await build('--context=none');
    expect(ran).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/error: cannot read the context of .*\n {2}why: .* does not exist\n {2}do: {2}/u),
    });
    expect(await readdir(repository.directory)).not.toContain('build_result.json');
    await repository.write({ 'build_result.json': '{"builds":[]}', 'ci.properties': 'OP_IMAGE_MIRRORS=x\n' });
    expect(await build('--env=NOTHING')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--env=NOTHING is not a variable'),
    });
    expect(await readdir(repository.directory)).not.toContain('build_result.json');
    expect(await build('--config=ci.properties')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('ci.properties:1 sets OP_IMAGE_MIRRORS, and the file is in a Git repository'),
    });
    expect(await build('--image-mirror=x')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--image-mirror=x is not HOST=MIRROR'),
    });
    const noBuilder = ['build-buildpacks', `--image=${registry.host}/team/web:v1`, '--context=web', '--builder='];
    expect(await op.run(repository.directory, noBuilder)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('no builder for'),
    });
  });

  it('stops with all its child processes on a signal', async () => {
    await repository.write({ 'web/public/take-time': '', 'web/project.toml': '[build]\nexclude = ["Procfile"]\n' });
    const flags = [`--image=${registry.host}/team/slow:v1`, '--context=web', `--builder=${builder}`];
    const ran = await op.interrupt(
      repository.directory,
      ['build-buildpacks', '--debug', ...flags],
      'taking time',
      'SIGTERM',
    );
    expect(ran).toMatchObject({ exitCode: 143, stderr: expect.stringContaining('stopped by SIGTERM') });
    expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain('cnb/buildpacks/octopipeline_static');
    expect(await readdir(op.temporary)).toEqual([]);
  });

  it('says what to install when nothing can build', async () => {
    const args = ['build-buildpacks', `--image=${registry.host}/a:1`, `--builder=${builder}`];
    const only = await mkdtemp(join(tmpdir(), 'only-git-'));
    try {
      await mkdir(join(only, 'bin'));
      for (const tool of ['git', 'crane']) {
        await writeFile(join(only, 'bin', tool), `#!/bin/sh\nexec ${findTool(tool, process.env.PATH ?? '')} "$@"\n`, {
          mode: 0o755,
        });
      }
      const ran = await execa(process.execPath, [op.file, ...args], {
        cwd: repository.directory,
        env: { PATH: join(only, 'bin'), HOME: op.home, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
        extendEnv: false,
        reject: false,
      });
      expect(ran.exitCode).toBe(3);
      expect(ran.stderr).toContain('bwrap is in the package bubblewrap');
    } finally {
      await rm(only, { recursive: true });
    }
  });

  it.runIf(process.getuid?.() === 0)('gives a plain user the same image that root gets', async () => {
    const exclude = '[_]\nschema-version = "0.2"\n[io.buildpacks]\nexclude = ["Procfile", ".git"]\n';
    await repository.write({ 'web/project.toml': exclude });
    const ofRoot = await build('--no-file-output');
    const home = await mkdtemp(join(tmpdir(), 'plain-user-'));
    try {
      await mkdir(join(home, 'bin'));
      const { PATH = '' } = withTools(buildpacksTools);
      for (const tool of ['crane', 'lifecycle', 'cnb-launcher']) {
        const path = await realpath(findTool(tool, PATH) ?? '');
        await link(path, join(home, 'bin', tool)).catch(() => copyFile(path, join(home, 'bin', tool)));
      }
      await copyFile(op.file, join(home, 'op.cjs'));
      execFileSync('cp', ['-r', repository.directory, join(home, 'repository')]);
      execFileSync('chown', ['-R', '--no-dereference', '1234:1234', join(home, 'repository')]);
      await chmod(home, 0o777);
      const as = ['--reuid=1234', '--regid=1234', '--clear-groups', process.execPath, join(home, 'op.cjs')];
      const flags = ['--context=web', `--builder=${builder}`, '--no-file-output'];
      const ran = await execa(
        'setpriv',
        [...as, '--debug', 'build-buildpacks', `--image=${registry.host}/team/plain:v1`, ...flags],
        {
          cwd: join(home, 'repository'),
          env: { PATH: `${join(home, 'bin')}:/usr/bin:/bin`, HOME: home },
          extendEnv: false,
          reject: false,
        },
      );
      expect(ran.stderr).toContain('done: ');
      const digest = (text: string) => /Images \(sha256:([0-9a-f]{64})\)/u.exec(text)?.[1];
      expect(digest(ran.stderr)).toBeDefined();
      expect(digest(ran.stderr)).toBe(digest(ofRoot.stderr));
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
