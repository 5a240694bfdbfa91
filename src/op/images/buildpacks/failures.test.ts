import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reference, startWorkbench, type Workbench } from '../../../../test/builder/workbench.js';
import {
  dockerConfig,
  freePort,
  type LocalRegistry,
  startPasswordRegistry,
} from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import type { BuildpacksBuild } from './build-request.js';
import { findBuilderHost } from './sandbox/builder-host.js';

let bench: Workbench;
let closed: LocalRegistry;
let site: string;
beforeAll(async () => {
  [bench, closed] = await Promise.all([startWorkbench(), startPasswordRegistry()]);
  site = await bench.application({ 'public/index.html': 'hello\n' });
});
afterAll(() => Promise.all([bench.stop(), closed.stop()]));

const fails = (directory: string, parts: Partial<BuildpacksBuild>) => expect(bench.build(directory, parts)).rejects;
const saying = (text: string) => expect.stringContaining(text);

describe('a build is refused', () => {
  it('for a builder that is not in its registry', () =>
    fails(site, { builder: `${bench.registry.host}/builders/none:1` }).toMatchObject({
      kind: 'input',
      message: `builder ${bench.registry.host}/builders/none:1 not found`,
      hint: saying('--builder'),
    }));

  it('for an image that is not a builder', () =>
    fails(site, { builder: bench.run }).toMatchObject({
      kind: 'input',
      message: `${bench.run} is not a builder`,
      why: 'it has no /cnb/lifecycle/lifecycle.toml',
    }));

  it('without a builder', () =>
    fails(site, { builder: '' }).toMatchObject({
      kind: 'input',
      message: 'no builder for app',
      why: 'neither skaffold.yaml nor project.toml sets one',
    }));

  it('for a run image that does not exist', () =>
    fails(site, { runImage: `${bench.registry.host}/none:1` }).toMatchObject({
      kind: 'input',
      message: `run image ${bench.registry.host}/none:1 not found`,
      hint: saying('--run-image'),
    }));

  it('for a context that does not exist, or is not a directory', async () => {
    await fails(site, { context: join(site, 'none') }).toMatchObject({
      kind: 'input',
      message: 'cannot read the context of app',
      why: `${join(site, 'none')} does not exist`,
    });
    await fails(site, { context: join(site, 'public/index.html') }).toMatchObject({
      kind: 'input',
      why: saying('is not a directory'),
    });
  });

  it('for a context outside the repository, even through a symbolic link', async () => {
    await fails(site, { context: join(site, '..') }).toMatchObject({
      kind: 'input',
      message: 'the context of app is outside the repository',
    });
    const linked = await bench.application({ 'app -> ..': '' });
    await fails(linked, { context: join(linked, 'app') }).toMatchObject({
      kind: 'input',
      message: 'the context of app is outside the repository',
      why: saying(`${join(linked, 'app')} leads to `),
    });
  });

  it('for a project descriptor that is missing, outside the repository, or invalid, with its line', async () => {
    await fails(site, { projectDescriptor: 'other.toml' }).toMatchObject({
      kind: 'input',
      why: `the file ${join(site, 'other.toml')} does not exist`,
    });
    const linked = await bench.application({ 'project.toml -> /etc/hostname': '' });
    await fails(linked, {}).toMatchObject({
      kind: 'input',
      message: 'the project descriptor of app is outside the repository',
    });
    const broken = await bench.application({ 'project.toml': '[_]\nschema-version = "0.2"\n[io.buildpacks\n' });
    await fails(broken, {}).toMatchObject({
      kind: 'input',
      message: expect.stringMatching(/^project\.toml:[34] is not a valid project descriptor$/u),
    });
  });

  it('for a buildpack that the builder does not have, with a list of those that it has', () =>
    fails(site, { buildpacks: ['octopipeline/node'] }).toMatchObject({
      kind: 'input',
      message: 'buildpack octopipeline/node not found',
      why: saying('octopipeline_procfile@0.3.1, octopipeline_static@1.2.0'),
    }));

  it('for an invalid name of a variable', () =>
    fails(site, { env: { 'A/B': 'x' } }).toMatchObject({
      kind: 'input',
      message: 'cannot build app with the variable "A/B"',
    }));

  it('for a default process that no buildpack created', () =>
    fails(site, { defaultProcess: 'worker' }).toMatchObject({
      kind: 'input',
      message: 'app has no process worker',
      why: 'its buildpacks created list, web',
    }));
});

describe('a phase that fails', () => {
  it('names the buildpacks that did not detect an application, and why', async () => {
    const empty = await bench.application({ 'README.md': 'nothing here\n' });
    await fails(empty, {}).toMatchObject({
      kind: 'input',
      message: `no buildpack of ${bench.builder} can build app`,
      why: expect.stringMatching(/no Procfile[\s\S]*fail: octopipeline\/static@1\.2\.0/u),
    });
  });

  it('shows the last lines of the buildpack', async () => {
    const broken = await bench.application({ 'public/index.html': 'x', 'public/fail-the-build': '' });
    await fails(broken, {}).toMatchObject({
      kind: 'tool',
      message: 'building app failed',
      why: 'a buildpack ended with exit status 7:\nBP_GREETING is not set\nthe site says that it must not be built',
    });
  });

  it('shows the message of a registry that refuses the push', async () => {
    const directory = await bench.application({ 'config.json': dockerConfig(closed.host, 'wrong') });
    const target = reference(`${closed.host}/team/app:v1`);
    const access = { insecure: [], env: { DOCKER_CONFIG: directory } };
    await expect(bench.build(site, { target }, { access })).rejects.toMatchObject({
      kind: 'tool',
      message: `cannot push ${closed.host}/team/app:v1`,
      why: saying('analyze ended with exit code'),
      hint: saying(`may push to ${closed.host}`),
    });
  });

  it('says that the registry cannot be reached', async () => {
    const unreachable = `localhost:${await freePort()}`;
    await fails(site, { target: reference(`${unreachable}/app:v1`) }).toMatchObject({
      kind: 'tool',
      message: `cannot push ${unreachable}/app:v1`,
      hint: saying(`check the name ${unreachable}`),
    });
    await fails(site, { builder: `${unreachable}/builder:1` }).toMatchObject({
      kind: 'tool',
      message: `cannot read ${unreachable}/builder:1`,
      hint: saying('check the name'),
    });
  });

  it('is stopped with all its processes', async () => {
    const slow = await bench.application({ 'public/index.html': 'x', 'public/take-time': '' });
    const stop = new AbortController();
    const context = { ...bench.context, signal: stop.signal };
    const running = bench.build(slow, {}, { context });
    const started = Date.now();
    await until(() => sleepers() > 0);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await until(() => sleepers() === 0);
    expect(Date.now() - started).toBeLessThan(30_000);
  });
});

describe('a host for buildpacks', () => {
  it('is missing without bwrap and pack, and says what to install', async () => {
    const { context } = testContext({ env: { PATH: '/nowhere' } });
    expect(await findBuilderHost(context, { container: undefined, builder: undefined, daemon: false })).toEqual({
      why: saying('bwrap is in the package bubblewrap'),
    });
  });

  it('is pack if bwrap is missing and a Docker daemon answers', async () => {
    const bin = await bench.application({ 'pack.sh': '' });
    execFileSync('cp', [join(bin, 'pack.sh'), join(bin, 'pack')]);
    const { context } = testContext({ env: { PATH: bin } });
    const request = { container: undefined, builder: undefined };
    expect(await findBuilderHost(context, { ...request, daemon: true })).toEqual({ kind: 'pack' });
    expect(await findBuilderHost(context, { ...request, daemon: false })).toHaveProperty('why');
  });

  it('is not a container without a builder in it', async () => {
    const directory = await bench.application({});
    await mkdir(join(directory, 'about'));
    await writeFile(join(directory, 'about/buildpacks.list'), '');
    const { context } = testContext({ env: withTools([]) });
    expect(await findBuilderHost(context, { container: directory, builder: 'op:1', daemon: false })).toEqual({
      why: 'the builder of this pod is op:1, and it has no /cnb/lifecycle/lifecycle.toml',
    });
  });
});

/** How many child processes of the slow buildpack run. */
const sleepers = () =>
  execFileSync('ps', ['-eo', 'args'])
    .toString()
    .split('\n')
    .filter((line) => line === 'sleep 60').length;

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (isSo()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('timed out');
}
