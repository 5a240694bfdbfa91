import { execFileSync } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builderAgent } from '../../../../../tasks/steps/builder-agent.js';
import { type Pod, startPod } from '../../../../../test/builder/pod.js';
import { testContext } from '../../../../../test/op/test-context.js';
import { type BuilderAgent, dismissAgent, runInContainer, stopAll, waitForAgent } from './builder-agent.js';
import { findBuilderHost } from './builder-host.js';

/** Prints what looks like a key in the memory and the environment of every process, and in what they were started with. */
const thief = `
for my $process (</proc/[0-9]*>) {
  for my $file ("environ", "cmdline") {
    open my $in, "<", "$process/$file" or next;
    local $/;
    print "$1\\n" while <$in> =~ /\\b([0-9a-f]{32})\\b/g;
  }
  open my $maps, "<", "$process/maps" or next;
  open my $memory, "<", "$process/mem" or next;
  while (<$maps>) {
    /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
    sysseek $memory, hex($1), 0;
    sysread $memory, my $bytes, hex($2) - hex($1);
    print "$1\\n" while $bytes =~ /(?<![0-9a-f])([0-9a-f]{32})(?![0-9a-f])/g;
  }
}
`;
/** Where the thief finds it, in the environment of another process, so that it would find a key. */
const decoy = '0123456789abcdef'.repeat(2);

// The agent depends on the shell that runs it: dash, or bash and busybox in some builders.
const shells = ['/bin/dash', '/bin/bash', '/busybox/sh'];

describe.runIf(process.getuid?.() === 0).each(shells)('the builder agent in %s', (shell) => {
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  let pod: Pod;
  let agent: BuilderAgent;
  // The test runs as root, the agent does not, and it must be able to write into the requests.
  let umask: number;
  beforeAll(() => {
    umask = process.umask(0);
  });
  afterAll(() => process.umask(umask));
  const start = async (command: readonly string[] = builderAgent(shell)) => {
    // The agent needs only a shell and a few tools.
    pod = await startPod(undefined, command);
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
    expect(
      await ask('sh', '-c', 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -c ^key= || true'),
    ).toMatchObject({
      lines: ['0'],
    });
  });

  it('keeps its key where no program of a build can read it', async () => {
    await start();
    await writeFile(join(pod.exchange, 'thief.pl'), thief);
    const { lines } = await ask('sh', '-c', `decoy=${decoy} perl -e 'sleep 100' & perl /builder/thief.pl`);
    expect(lines).toContain(decoy);
    expect(agent.key).toMatch(/^[0-9a-f]{32}$/u);
    expect(lines).not.toContain(agent.key);
  });

  it.each([
    ['its shell cannot be copied', builderAgent(shell).with(3, '/no/such/shell'), '/no/such/shell'],
    [
      'its memory can be read',
      builderAgent(shell).map((word) => word.replace('chmod 0111', 'chmod 0555')),
      'a process can read the memory of another',
    ],
  ])('refuses to run, and says so, if %s', async (_, command, why) => {
    await start(command);
    expect(await pod.ended()).toBe(0);
    const host = findBuilderHost(context, { container: pod.exchange, builder: 'a/builder:1', daemon: true });
    await expect(host).rejects.toMatchObject({
      kind: 'tool',
      message: 'the builder a/builder:1 cannot build in this pod',
      why: expect.stringContaining(why),
    });
    await dismissAgent(pod.exchange);
  });

  it('is said to have ended if it does so between the opening of its pipe and the request', async () => {
    await start();
    await dismissAgent(pod.exchange);
    await pod.ended();
    const requests = join(pod.exchange, 'requests');
    for (let moment = 0; moment < 20; moment++) {
      const reader = await open(requests, constants.O_RDONLY | constants.O_NONBLOCK);
      const asking = ask('true');
      const refused = expect(asking).rejects.toMatchObject({ message: 'the container of the builder has ended' });
      while ((await readdir(pod.exchange)).every((name) => !existsSync(join(pod.exchange, name, 'argv'))))
        await setImmediate();
      for (let tick = 0; tick < moment % 10; tick++) await setImmediate();
      await reader.close();
      await refused;
      for (const name of await readdir(pod.exchange)) {
        if (name.startsWith('request-')) await rm(join(pod.exchange, name), { recursive: true });
      }
    }
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
