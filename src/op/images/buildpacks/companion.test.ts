import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Pod, startPod } from '../../../../test/builder/pod.js';
import { testContext } from '../../../../test/op/test-context.js';
import { type Companion, companionIsThere, dismiss, runInContainer, stopAll } from './companion.js';

// What the companion does is a matter of the shell that runs it: dash, and bash as some builders have it.
describe.runIf(process.getuid?.() === 0).each(['/bin/dash', '/bin/bash'])('the companion in %s', (shell) => {
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  let pod: Pod;
  let companion: Companion;
  // The test is root, and the companion is not: it must be able to write where it is asked.
  let umask: number;
  beforeAll(() => {
    umask = process.umask(0);
  });
  afterAll(() => process.umask(umask));
  const start = async () => {
    // All that the companion needs is a shell and a few tools.
    pod = await startPod(undefined, shell);
    companion = { directory: pod.exchange, key: undefined };
    expect(await companionIsThere(context, pod.exchange)).toBe(true);
  };
  const ask = async (...argv: string[]) => {
    const lines: string[] = [];
    const exitCode = await runInContainer(context, companion, argv, (line) => lines.push(line));
    return { exitCode, lines };
  };
  afterEach(() => pod.remove());

  it('runs one program after the other, and gives output and exit code of each', async () => {
    await start();
    // Not echo: that of dash is its own.
    expect(await ask('env', 'printf', '%s|', 'two words', '*', '$HOME', '-n', '')).toEqual({
      exitCode: 0,
      lines: ['two words|*|$HOME|-n||'],
    });
    expect(await ask('sh', '-c', 'echo out; echo err >&2; umask; id -u; exit 7')).toEqual({
      exitCode: 7,
      lines: ['out', 'err', '0022', '65532'],
    });
    expect(await ask('/no/such/program')).toMatchObject({ exitCode: 127 });
  });

  it('does not wait for what a program leaves running, and ends it when it is told to', async () => {
    await start();
    const left = `sleep 4${Math.floor(Math.random() * 1e6)}`;
    const before = performance.now();
    expect(await ask('sh', '-c', `echo started; ${left} &`)).toMatchObject({ exitCode: 0, lines: ['started'] });
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(runs(left)).toBe(true);
    await stopAll(context, companion);
    expect(runs(left)).toBe(false);
    expect(await ask('echo', 'still there')).toMatchObject({ exitCode: 0 });
  });

  it('is not believed when something else answers in its place', async () => {
    await start();
    const forger = [
      // There is a pipe that is read at every moment, or the companion seems to be gone.
      'mkfifo /builder/new; exec 4<>/builder/new; ln /builder/requests /builder/old; mv /builder/new /builder/requests;',
      '(read -r name key <&4; mv /builder/old /builder/requests; echo 0 >/builder/$name/status; sleep 100) >/dev/null 2>&1 &',
    ].join(' ');
    expect(await ask('sh', '-c', forger)).toMatchObject({ exitCode: 0 });
    await expect(stopAll(context, companion)).rejects.toMatchObject({
      message: 'the container of the builder cannot be trusted any more',
    });
    // The companion itself still has the key, and now it is the one that is asked.
    await stopAll(context, companion);
    expect(companion.key).toBeUndefined();
    expect(await ask('sh', '-c', 'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep -c ^key= || true')).toMatchObject({
      lines: ['0'],
    });
  });

  it('ends by itself when it is dismissed, and at once when its container is stopped', async () => {
    await start();
    await dismiss(pod.exchange);
    expect(await pod.ended()).toBe(0);
    await expect(stopAll(context, companion)).rejects.toMatchObject({
      message: 'the container of the builder is gone',
    });
    await dismiss(pod.exchange);
    await pod.remove();
    await start();
    pod.signal('SIGTERM');
    expect(await pod.ended()).toBe(0);
  });
});

const processes = () => execFileSync('ps', ['-eo', 'args']).toString().split('\n');
const runs = (args: string) => processes().includes(args);
