import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Pod, startPod } from '../../../../../test/builder/pod.js';
import { testContext } from '../../../../../test/op/test-context.js';
import { type BuilderAgent, dismissAgent, runInContainer, stopAll, waitForAgent } from './builder-agent.js';

// The agent depends on the shell that runs it: dash, or bash in some builders.
describe.runIf(process.getuid?.() === 0).each(['/bin/dash', '/bin/bash'])('the builder agent in %s', (shell) => {
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  let pod: Pod;
  let agent: BuilderAgent;
  // The test runs as root, the agent does not, and it must be able to write into the requests.
  let umask: number;
  beforeAll(() => {
    umask = process.umask(0);
  });
  afterAll(() => process.umask(umask));
  const start = async () => {
    // The agent needs only a shell and a few tools.
    pod = await startPod(undefined, shell);
    agent = { directory: pod.exchange, key: undefined };
    expect(await waitForAgent(context, pod.exchange)).toBe(true);
  };
  const ask = async (...argv: string[]) => {
    const lines: string[] = [];
    const exitCode = await runInContainer(context, agent, argv, (line) => lines.push(line));
    return { exitCode, lines };
  };
  afterEach(() => pod.remove());

  it('runs programs one after the other, and returns the output and exit code of each', async () => {
    await start();
    // Not echo: dash has its own.
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

  it('does not wait for processes that a program leaves running, and ends them on request', async () => {
    await start();
    const left = `sleep 4${Math.floor(Math.random() * 1e6)}`;
    const before = performance.now();
    expect(await ask('sh', '-c', `echo started; ${left} &`)).toMatchObject({ exitCode: 0, lines: ['started'] });
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(runs(left)).toBe(true);
    await stopAll(context, agent);
    expect(runs(left)).toBe(false);
    expect(await ask('echo', 'still there')).toMatchObject({ exitCode: 0 });
  });

  it('is not trusted if another process answers instead of it', async () => {
    await start();
    const forger = [
      // The pipe must have a reader at every moment, or op believes that the agent has ended.
      'mkfifo /builder/new; exec 4<>/builder/new; ln /builder/requests /builder/old; mv /builder/new /builder/requests;',
      '(read -r name key <&4; mv /builder/old /builder/requests; echo 0 >/builder/$name/status; sleep 100) >/dev/null 2>&1 &',
    ].join(' ');
    expect(await ask('sh', '-c', forger)).toMatchObject({ exitCode: 0 });
    await expect(stopAll(context, agent)).rejects.toMatchObject({
      message: 'the container of the builder cannot be trusted any more',
    });
    // The agent still has the key, and now it gets the request.
    await stopAll(context, agent);
    expect(agent.key).toBeUndefined();
    expect(await ask('sh', '-c', 'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep -c ^key= || true')).toMatchObject({
      lines: ['0'],
    });
  });

  it('ends when op dismisses it, and at once when its container is stopped', async () => {
    await start();
    await dismissAgent(pod.exchange);
    expect(await pod.ended()).toBe(0);
    await expect(stopAll(context, agent)).rejects.toMatchObject({
      message: 'the container of the builder has ended',
    });
    await dismissAgent(pod.exchange);
    await pod.remove();
    await start();
    pod.signal('SIGTERM');
    expect(await pod.ended()).toBe(0);
  });
});

const processes = () => execFileSync('ps', ['-eo', 'args']).toString().split('\n');
const runs = (args: string) => processes().includes(args);
