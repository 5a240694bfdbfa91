import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listLayers, reference, startWorkbench, type Workbench } from '../../../../test/builder/workbench.js';
import { freePort } from '../../../../test/op/local-registry.js';
import { lookUp } from '../../systems/registry/crane.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

const site = { 'public/index.html': 'hello\n', 'public/logo.svg': '<svg/>\n' };
const target = (name: string) => reference(`${bench.registry.host}/team/${name}:v1`);
const cache = (name: string) => reference(`${bench.registry.host}/cache/${name}:lifecycle`);

describe('an application', () => {
  it('becomes an image in the registry, with the processes of its buildpack and its bills of materials', async () => {
    const sbomDirectory = join(await bench.application({}), 'sbom');
    const built = await bench.build(await bench.application(site), { image: 'team/site', sbomDirectory });
    expect(built).toMatchObject({ layers: 6, reused: 0, buildpacks: ['octopipeline/static@1.2.0'] });
    expect(built.processes).toEqual(['list', 'web']);
    expect(await lookUp(bench.context, { insecure: [], env: {} }, target('app'))).toEqual({ digest: built.digest });
    expect(await readFile(join(sbomDirectory, 'team_site/launch/octopipeline_static/sbom.cdx.json'), 'utf8')).toContain(
      'CycloneDX',
    );
    expect(await readdir(join(sbomDirectory, 'team_site'))).toEqual(['build', 'launch']);
    expect(built.lines.filter((line) => line.startsWith('===>'))).toEqual(
      ['analyze', 'detect', 'restore', 'build', 'export'].map((phase) => `===> ${phase}`),
    );
  });

  it('has the same digest at another time, in another directory, and with another umask', async () => {
    const one = await bench.build(await bench.application(site), { target: target('one') });
    const directory = await bench.application(site);
    for (const file of Object.keys(site)) {
      await chmod(join(directory, file), 0o660);
      await utimes(join(directory, file), new Date('2001-02-03'), new Date('2001-02-03'));
    }
    await chmod(join(directory, 'public'), 0o2770);
    const before = process.umask(0o077);
    const other = await bench.build(directory, { target: target('other') }).finally(() => process.umask(before));
    expect(other.digest).toBe(one.digest);
    const entries = listLayers(`${bench.registry.host}/team/other:v1`).split('\n');
    const entry = (path: string) =>
      entries
        .find((line) => line.endsWith(` ${path}`))
        ?.split(/\s+/u)
        .slice(0, 2);
    expect(entry('/workspace/public/index.html')).toEqual(['-rw-r--r--', '65532/65532']);
    expect(entry('/workspace/public')).toEqual(['drwxr-xr-x', '65532/65532']);
    expect(entry('/layers')).toEqual(['drwxr-xr-x', '65532/65532']);
    expect(entry('/layers/octopipeline_static')).toEqual(['drwxr-xr-x', '65532/65532']);
  });

  it('is rebuilt quickly: layers come from the previous image, downloads from the cache', async () => {
    const directory = await bench.application(site);
    const parts = { cacheImage: cache('quick') };
    const first = await bench.build(directory, { ...parts, target: target('quick') });
    expect(first.lines).toContain('downloading');
    const second = await bench.build(directory, {
      ...parts,
      target: reference(`${bench.registry.host}/team/quick:v2`),
    });
    expect(second).toMatchObject({ digest: first.digest, layers: 6, reused: 6 });
    expect(second.lines).toContain('using the download of an earlier build');
    expect(second.lines).toContain('keeping the server of an earlier build');
    await writeFile(join(directory, 'public/index.html'), 'changed\n');
    const third = await bench.build(directory, { ...parts, target: reference(`${bench.registry.host}/team/quick:v3`) });
    expect(third).toMatchObject({ layers: 6, reused: 5 });
    const fourth = await bench.build(directory, { ...parts, clearCache: true, target: target('anew') });
    expect(fourth.lines).toContain('downloading');
    expect(fourth.digest).toBe(third.digest);
  });

  it('has a process for each line of a Procfile, and starts web', async () => {
    const directory = await bench.application({ Procfile: 'web: busybox httpd -f -p 8080\nworker: sleep 1d\n' });
    const built = await bench.build(directory);
    expect([...built.processes].sort()).toEqual(['web', 'worker']);
    expect(built.lines).toContain("Setting default process type 'web'");
    const worker = await bench.build(directory, { defaultProcess: 'worker' });
    expect(worker.lines).toContain("Setting default process type 'worker'");
  });

  it('gets its variables, and those in project.toml win over skaffold.yaml', async () => {
    const descriptor = `[_]
schema-version = "0.2"
[[io.buildpacks.build.env]]
name = "BP_GREETING"
value = "from project.toml"
`;
    const directory = await bench.application({ 'site/index.html': 'x', 'project.toml': descriptor });
    const built = await bench.build(directory, { env: { BP_STATIC_ROOT: 'site', BP_GREETING: 'from skaffold.yaml' } });
    expect(built.lines).toContain('BP_GREETING is from project.toml');
    const { lines } = await bench.build(await bench.application(site), { env: { BP_GREETING: 'two words = one' } });
    expect(lines).toContain('BP_GREETING is two words = one');
  });

  it('can set its builder in project.toml', async () => {
    const descriptor = `[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = "${bench.builder}"\n`;
    const directory = await bench.application({ ...site, 'project.toml': descriptor });
    expect((await bench.build(directory, { builder: '' })).processes).toContain('web');
  });
});

describe('a builder', () => {
  it('is read from a mirror, and so is its run image', async () => {
    const mirrors = [{ host: 'docker.io', mirror: `${bench.registry.host}/builders` }];
    const env = { PATH: bench.context.env.PATH };
    execFileSync('crane', ['copy', bench.builder, `${bench.registry.host}/builders/acme/builder:1`], {
      env,
      stdio: 'ignore',
    });
    execFileSync('crane', ['copy', bench.run, `${bench.registry.host}/builders/acme/run:2`], { env, stdio: 'ignore' });
    const images = { builder: 'acme/builder:1', runImage: 'docker.io/acme/run:2' };
    const built = await bench.build(await bench.application(site), { ...images, mirrors });
    expect(built.processes).toContain('web');
    await expect(
      bench.build(await bench.application(site), { ...images, mirrors, own: ['acme/builder:1'] }),
    ).rejects.toMatchObject({ message: expect.stringContaining('acme/builder:1') });
  });

  it('is unpacked once, even for two builds at the same time, and removed when it is unused for long', async () => {
    const cacheDirectory = join(bench.context.env.HOME ?? '', '.cache/octopipeline/builders');
    await bench.build(await bench.application(site));
    const before = await readdir(cacheDirectory);
    expect(before).toHaveLength(1);
    await rename(cacheDirectory, `${cacheDirectory}.before`);
    const old = join(cacheDirectory, 'old');
    await mkdir(join(old, 'root'), { recursive: true });
    await writeFile(join(old, 'root/file'), '');
    await utimes(old, new Date('2001-02-03'), new Date('2001-02-03'));
    const both = ['one', 'two'].map(async (name) =>
      bench.build(await bench.application(site), { target: target(name) }),
    );
    const [one, two] = await Promise.all(both);
    expect(one?.digest).toBe(two?.digest);
    expect(await readdir(cacheDirectory)).toEqual(before);
  });
});

describe('the exported image', () => {
  it('starts its process with the launcher, and answers over HTTP', async () => {
    const built = await bench.build(await bench.application(site), { target: target('web') });
    const root = join(await bench.application({}), 'root');
    await mkdir(root);
    const image = `${bench.registry.host}/team/web@${built.digest}`;
    const env = { PATH: bench.context.env.PATH };
    const archive = execFileSync('crane', ['export', image, '-'], { env, maxBuffer: 256 * 1024 * 1024 });
    execFileSync('tar', ['--extract', `--directory=${root}`, '--exclude=dev/*'], { input: archive, stdio: 'pipe' });
    const config: { readonly config: { readonly Entrypoint: readonly string[]; readonly WorkingDir: string } } =
      JSON.parse(execFileSync('crane', ['config', image], { env }).toString());
    expect(config.config).toMatchObject({ Entrypoint: ['/cnb/process/web'], WorkingDir: '/workspace' });
    expect(existsSync(join(root, 'layers/octopipeline_static/server/bin/serve'))).toBe(true);
    expect(await answerOf(root, config.config.Entrypoint)).toBe('hello\n');
  });
});

/** Runs an image's process in namespaces, as a different user than the one that built it, and requests its first page. */
async function answerOf(root: string, entrypoint: readonly string[]): Promise<string> {
  const port = await freePort();
  const namespaces = ['--unshare-user', '--unshare-pid', '--uid', '1000', '--gid', '1000', '--die-with-parent'];
  const view = ['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--chdir', '/workspace', '--clearenv'];
  const env = {
    PATH: '/cnb/process:/usr/bin:/bin',
    PORT: `${port}`,
    CNB_LAYERS_DIR: '/layers',
    CNB_APP_DIR: '/workspace',
    CNB_PLATFORM_API: '0.15',
  };
  const variables = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]);
  const child = spawn('bwrap', [...namespaces, ...view, ...variables, '--', ...entrypoint], { stdio: 'ignore' });
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
      if (answer !== undefined) return await answer.text();
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('no answer');
  } finally {
    child.kill('SIGKILL');
  }
}
