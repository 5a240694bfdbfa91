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
import type { BuildpacksBuild } from './build.js';
import { findPlace } from './place.js';

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
      message: `there is no builder ${bench.registry.host}/builders/none:1`,
      hint: saying('--builder'),
    }));

  it('for an image that is no builder', () =>
    fails(site, { builder: bench.run }).toMatchObject({
      kind: 'input',
      message: `${bench.run} is not a builder`,
      why: 'it has no /cnb/lifecycle/lifecycle.toml',
    }));

  it('without a builder', () =>
    fails(site, { builder: '' }).toMatchObject({
      kind: 'input',
      message: 'no builder for app',
      why: 'neither skaffold.yaml nor project.toml names one',
    }));

  it('for a run image that is not there', () =>
    fails(site, { runImage: `${bench.registry.host}/none:1` }).toMatchObject({
      kind: 'input',
      message: `there is no run image ${bench.registry.host}/none:1`,
      hint: saying('--run-image'),
    }));

  it('for a context that is not there, or not a directory', async () => {
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

  it('for a context outside the repository, also when a symbolic link leads there', async () => {
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

  it('for a project descriptor that is missing, outside, or malformed: with its line', async () => {
    await fails(site, { projectDescriptor: 'other.toml' }).toMatchObject({
      kind: 'input',
      why: `there is no file ${join(site, 'other.toml')}`,
    });
    const linked = await bench.application({ 'project.toml -> /etc/hostname': '' });
    await fails(linked, {}).toMatchObject({
      kind: 'input',
      message: 'the project descriptor of app is outside the repository',
    });
    const broken = await bench.application({ 'project.toml': '[_]\nschema-version = "0.2"\n[io.buildpacks\n' });
    await fails(broken, {}).toMatchObject({
      kind: 'input',
      message: expect.stringMatching(/^project\.toml:[34] is not a project descriptor$/u),
    });
  });

  it('for a buildpack that the builder does not have, with those that it has', () =>
    fails(site, { buildpacks: ['octopipeline/node'] }).toMatchObject({
      kind: 'input',
      message: 'there is no buildpack octopipeline/node',
      why: saying('octopipeline_procfile@0.3.1, octopipeline_static@1.2.0'),
    }));

  it('for a variable that cannot be one', () =>
    fails(site, { env: { 'A/B': 'x' } }).toMatchObject({
      kind: 'input',
      message: 'cannot build app with the variable "A/B"',
    }));

  it('for a default process that no buildpack made', () =>
    fails(site, { defaultProcess: 'worker' }).toMatchObject({
      kind: 'input',
      message: 'app has no process worker',
      why: 'its buildpacks made list, web',
    }));
});

describe('a phase that fails', () => {
  it('names the buildpacks that looked and said no, and why', async () => {
    const empty = await bench.application({ 'README.md': 'nothing here\n' });
    await fails(empty, {}).toMatchObject({
      kind: 'input',
      message: `no buildpack of ${bench.builder} fits app`,
      why: expect.stringMatching(/no Procfile[\s\S]*fail: octopipeline\/static@1\.2\.0/u),
    });
  });

  it('ends with the last lines of the buildpack', async () => {
    const broken = await bench.application({ 'public/index.html': 'x', 'public/fail-the-build': '' });
    await fails(broken, {}).toMatchObject({
      kind: 'tool',
      message: 'building app failed',
      why: 'a buildpack ended with exit status 7:\nBP_GREETING is not set\nthe site says that it must not be built',
    });
  });

  it('says what the registry said that refuses the push', async () => {
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

  it('says that the registry does not answer', async () => {
    const nobody = `localhost:${await freePort()}`;
    await fails(site, { target: reference(`${nobody}/app:v1`) }).toMatchObject({
      kind: 'tool',
      message: `cannot push ${nobody}/app:v1`,
      hint: saying(`check the name ${nobody}`),
    });
    await fails(site, { builder: `${nobody}/builder:1` }).toMatchObject({
      kind: 'tool',
      message: `cannot read ${nobody}/builder:1`,
      hint: saying('check the name'),
    });
  });

  it('is stopped with everything in it', async () => {
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

describe('a place for buildpacks', () => {
  it('is missing without bwrap and pack: it says what to install', async () => {
    const { context } = testContext({ env: { PATH: '/nowhere' } });
    expect(await findPlace(context, { container: undefined, builder: undefined, daemon: false })).toEqual({
      why: saying('bwrap is in the package bubblewrap'),
    });
  });

  it('is pack, where bwrap is missing and a Docker daemon answers', async () => {
    const bin = await bench.application({ 'pack.sh': '' });
    execFileSync('cp', [join(bin, 'pack.sh'), join(bin, 'pack')]);
    const { context } = testContext({ env: { PATH: bin } });
    const request = { container: undefined, builder: undefined };
    expect(await findPlace(context, { ...request, daemon: true })).toEqual({ kind: 'pack' });
    expect(await findPlace(context, { ...request, daemon: false })).toHaveProperty('why');
  });

  it('is no container that has no builder in it', async () => {
    const directory = await bench.application({});
    await mkdir(join(directory, 'about'));
    await writeFile(join(directory, 'about/buildpacks.list'), '');
    const { context } = testContext({ env: withTools([]) });
    expect(await findPlace(context, { container: directory, builder: 'op:1', daemon: false })).toEqual({
      why: 'the builder of this pod is op:1, and it has no /cnb/lifecycle/lifecycle.toml',
    });
  });
});

/** How many of the slow buildpack's children run. */
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
  throw new Error('it did not come');
}
