import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builderAgent } from '../../../../../tasks/steps/builder-agent.js';
import { type Pod, startPod } from '../../../../../test/builder/pod.js';
import { reference, startWorkbench, type Workbench } from '../../../../../test/builder/workbench.js';
import { bundledOp, type Op } from '../../../../../test/op/run-op.js';
import { testContext } from '../../../../../test/op/test-context.js';
import { withTools } from '../../../../../test/tools.js';
import { runInContainer, stopAll, waitForAgent } from './builder-agent.js';

// Only root can set the owner that kubelet gives to volumes.
describe.runIf(process.getuid?.() === 0)('op next to a builder in a pod', () => {
  let bench: Workbench;
  let op: Op;
  let root: string;
  let pod: Pod;
  const site = { 'public/index.html': 'hello\n' };
  beforeAll(async () => {
    [bench, op] = await Promise.all([startWorkbench(), bundledOp()]);
    // A build on this machine has unpacked the builder's file system into its cache.
    await bench.build(await bench.application(site));
    const cache = join(bench.context.env.HOME ?? '', '.cache/octopipeline/builders');
    root = join(cache, (await readdir(cache))[0] ?? '', 'root');
  });
  afterEach(() => pod.remove());
  afterAll(() => Promise.all([bench.stop(), op.dispose()]));

  const build = async (files: Readonly<Record<string, string>>, ...flags: readonly string[]) =>
    pod.op(op.file, await bench.application(files), [
      'build-buildpacks',
      `--image=${bench.registry.host}/team/pod:v1`,
      '--builder-container=/builder',
      '--no-file-output',
      ...flags,
    ]);

  /** The site, with an inline buildpack. */
  const withScript = (script: string) => ({
    ...site,
    'project.toml': `[_]
schema-version = "0.2"
[[io.buildpacks.group]]
id = "evil/links"
script = { api = "0.10", inline = '''${script}''' }
`,
  });

  it('builds the same image as a laptop, and ends the builder', async () => {
    pod = await startPod(root);
    const ran = await build(site, `--builder=${bench.builder}`, '--env=BP_GREETING=hi\nBP_OTHER=x', '--debug');
    expect(ran).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('BP_GREETING is hi') });
    expect(await pod.ended()).toBe(0);
    const target = reference(`${bench.registry.host}/team/laptop:v1`);
    const { digest } = await bench.build(await bench.application(site), { target, env: { BP_GREETING: 'hi' } });
    expect(ran.stderr).toContain(digest);
  });

  it('works with bash too, and shows the output of a buildpack that fails', async () => {
    pod = await startPod(root, builderAgent('/bin/bash'));
    const ran = await build({ ...site, 'public/fail-the-build': '' }, `--builder=${bench.builder}`);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('a buildpack ended with exit status 7');
    expect(await pod.ended()).toBe(0);
  });

  it('names the param to start the run with if another builder is needed', async () => {
    pod = await startPod(root);
    const descriptor = '[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = "example.com/other:1"\n';
    const ran = await build({ ...site, 'project.toml': descriptor }, '--builder=');
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain('start the run with the param builder=example.com/other:1');
  });

  it('refuses layers that are symbolic links', async () => {
    pod = await startPod(root);
    const ran = await build(withScript('ln -s /source "$CNB_LAYERS_DIR/../stolen"'), `--builder=${bench.builder}`);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('/layers-volume/.export/stolen a symbolic link');
  });

  it('refuses links that detect leaves for the phase that unpacks the layers of the build cache', async () => {
    const buildpack = {
      ...site,
      'project.toml': '[_]\nschema-version = "0.2"\n[[io.buildpacks.group]]\nuri = "own"\n',
      'own/buildpack.toml': 'api = "0.10"\n[buildpack]\nid = "evil/own"\nversion = "1.0.0"\n',
      'own/bin/detect': `#!/bin/sh
if [ -e attack ]; then mkdir -p /layers/evil_own/kept && ln -s /tmp /layers/evil_own/kept/link; fi
`,
      'own/bin/build': `#!/bin/sh
cd "$CNB_LAYERS_DIR" && mkdir -p kept/link && echo written >kept/link/escaped
printf '[types]\\ncache = true\\nlaunch = true\\n' >kept.toml
`,
    };
    const flags = [`--builder=${bench.builder}`, `--build-cache=${bench.registry.host}/cache`];
    pod = await startPod(root);
    expect(await build(buildpack, ...flags)).toMatchObject({ exitCode: 0 });
    await pod.remove();
    pod = await startPod(root);
    const ran = await build({ ...buildpack, attack: '' }, ...flags);
    expect(await readdir(join(pod.exchange, '../op-tmp'))).not.toContain('escaped');
    expect(ran).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('evil_own/kept/link a symbolic link') });
  });

  it('exports nothing after another process in the builder answered instead of the agent', async () => {
    pod = await startPod(root);
    const ran = await build(
      withScript(`
mkfifo /builder/new; exec 4<>/builder/new; ln /builder/requests /builder/old; mv /builder/new /builder/requests
(read -r name key <&4; echo 0 >/builder/$name/status; sleep 100) >/dev/null 2>&1 </dev/null &
`),
      `--image=${bench.registry.host}/team/forged:v1`,
      `--builder=${bench.builder}`,
    );
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('the container of the builder cannot be trusted any more');
    const asked = ['digest', `${bench.registry.host}/team/forged:v1`];
    expect(() => execFileSync('crane', asked, { env: withTools(['crane']), stdio: 'pipe' })).toThrow('NAME_UNKNOWN');
  });

  it('hides the files of an earlier build from the next, read-only or not', async () => {
    pod = await startPod(root);
    const { context } = testContext({ env: { PATH: process.env.PATH } });
    const agent = { directory: pod.exchange, key: undefined };
    const leaving =
      'for in in /tmp /home/cnb; do mkdir -p $in/.mod/cache; touch $in/.mod/cache/left; chmod -R a-w $in/.mod; done';
    await waitForAgent(context, pod.exchange);
    const umask = process.umask(0);
    expect(await runInContainer(context, agent, ['/bin/sh', '-c', leaving], () => {})).toBe(0);
    await stopAll(context, agent);
    process.umask(umask);
    const ran = await build(withScript('[ ! -e /tmp/.mod ] && [ ! -e /home/cnb/.mod ]'), `--builder=${bench.builder}`);
    expect(ran).toMatchObject({ exitCode: 0 });
  });

  it('says that the container of the builder has ended if that happens during a build', async () => {
    pod = await startPod(root);
    const running = build({ ...site, 'public/take-time': '' }, `--builder=${bench.builder}`);
    const started = async () => (await readdir(pod.exchange)).filter((name) => name.startsWith('request-')).length >= 4;
    while (!(await started())) await new Promise((done) => setTimeout(done, 50));
    pod.signal('SIGKILL');
    const ran = await running;
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('the container of the builder has ended');
  });
});
