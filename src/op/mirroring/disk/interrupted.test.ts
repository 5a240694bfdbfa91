import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { digestByHead, pushImage, pushIndex, registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let here: UnrulyRegistry;
let room: string;
let disk: string;
let sender: string;
let receiver: string;
let count = 0;
const names = Array.from({ length: 8 }, (_, index) => `image-${index}`);
const digests = new Map<string, string>();

beforeAll(async () => {
  op = await bundledOp(['crane']);
  registry = await startPlainRegistry();
  here = await startUnrulyRegistry(registry.host);
  for (const name of names) digests.set(name, await pushImage(`${registry.host}/hub/${name}:v1`, 200_000));
  digests.set('multi', (await pushIndex(`${registry.host}/hub/multi:v1`)).index);
});
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), here?.stop()]));
beforeEach(async () => {
  count += 1;
  here.calm();
  room = await mkdtemp(join(tmpdir(), 'disk-interrupted-'));
  [disk = '', sender = '', receiver = ''] = ['disk', 'sender', 'receiver'].map((name) => join(room, name));
  const file = `version: 1\nsources:\n${[...digests.keys()].map((name) => `  - { from: '${here.host}/hub/${name}:v1', to: '${registry.host}/site${count}/${name}' }\n`).join('')}`;
  for (const folder of [disk, sender, receiver]) await mkdir(folder);
  for (const folder of [sender, receiver]) await writeFile(join(folder, 'mirror.yaml'), file);
});
afterEach(() => rm(room, { recursive: true, force: true }));

const send = ['mirror', 'run', '--workflow=to-disk', '--disk=../disk'];
const receive = ['mirror', 'run', '--workflow=from-disk', '--disk=../disk'];
const segments = async () =>
  (await readdir(join(disk, 'segments')).catch(() => [])).filter((name) => /^\d+$/u.test(name));

/** Runs op to the disk and kills it when something has happened. */
async function killed(when: (printed: string) => boolean, after = 0) {
  const env = { PATH: withTools(['crane']).PATH, HOME: op.home };
  const running = execa('node', [op.file, ...send], { cwd: sender, reject: false, env, extendEnv: false });
  let printed = '';
  running.stderr.on('data', (chunk) => {
    printed += String(chunk);
  });
  let isKilling = false;
  const timer = setInterval(() => {
    if (isKilling || !when(printed)) return;
    isKilling = true;
    setTimeout(() => running.kill('SIGKILL'), after);
  }, 1);
  const ended = await running;
  clearInterval(timer);
  return ended;
}

/** The other side gets everything that is on the disk. */
async function expectWhole() {
  const received = await op.run(receiver, receive);
  expect(received.exitCode, received.stderr).toBe(0);
  await Promise.all(
    [...digests].map(async ([name, digest]) => {
      expect(await atOtherSide(name)).toBe(digest);
      await expectComplete(name, digest);
    }),
  );
}

/** What the tag of an image has at the other side. */
const atOtherSide = (name: string) => digestByHead(`${registry.host}/site${count}/${name}:v1`);
/** All that an image consists of is at the other side. */
const expectComplete = (name: string, digest: string) =>
  registryTool('crane', ['validate', '--remote', `${registry.host}/site${count}/${name}@${digest}`]);

describe('a run to a disk that is killed', () => {
  it('leaves a whole segment or none while it downloads, and the next run takes what is there', async () => {
    here.behave(() => ({ delay: 5 }));
    let asked = 0;
    for (let round = 0; round < 6; round++) {
      here.calm();
      here.behave(() => ({ delay: 5 }));
      // The first requests compare.
      const ended = await killed(() => here.requests.length >= 15 + 9 * round);
      asked += here.requests.filter(({ path }) => path.includes('/blobs/')).length;
      if (ended.exitCode === 0) break;
      expect(await segments()).toEqual([]);
    }
    here.calm();
    const last = await op.run(sender, send);
    expect(last.exitCode, last.stderr).toBe(0);
    asked += here.requests.filter(({ path }) => path.includes('/blobs/')).length;
    expect(await segments()).toEqual(['000001']);
    expect(await readdir(join(disk, 'segments'))).toEqual(['000001']);
    // Twenty blobs; without what killed runs have left, it would be many more.
    expect(asked).toBeLessThan(45);
    await expectWhole();
  });

  it.each([0, 30])('leaves a whole segment or none %i ms after everything was written', async (after) => {
    await killed((printed) => printed.includes('read back'), after);
    for (const name of await segments()) expect(existsSync(join(disk, 'segments', name, 'segment.json'))).toBe(true);
    const next = await op.run(sender, send);
    expect(next.exitCode, next.stderr).toBe(0);
    expect(await readdir(join(disk, 'segments'))).toEqual(['000001']);
    await expectWhole();
    const again = await op.run(sender, send);
    expect(again.stderr).toContain('segment: none is written, because nothing has changed since segment 1');
  });
});

/** Starts op and kills it after so many milliseconds. @returns whether it had ended before */
async function endsWithin(milliseconds: number, cwd: string, args: readonly string[]): Promise<boolean> {
  const env = { PATH: withTools(['crane']).PATH, HOME: op.home };
  const running = execa('node', [op.file, ...args], { cwd, reject: false, env, extendEnv: false });
  const timer = setTimeout(() => running.kill('SIGKILL'), milliseconds);
  const { signal, exitCode, stderr } = await running;
  clearTimeout(timer);
  if (signal === undefined) expect(exitCode, stderr).toBe(0);
  return signal === undefined;
}

/** Each segment follows the one before, by its hash, and is whole as far as its folder says. */
async function expectChain(): Promise<number> {
  let before: { readonly sequence: number; readonly digest: string } | null = null;
  for (const name of (await segments()).toSorted()) {
    const text = await readFile(join(disk, 'segments', name, 'segment.json'));
    const { sequence, previous } = JSON.parse(text.toString());
    expect({ name, previous }).toEqual({ name: `${sequence}`.padStart(6, '0'), previous: before });
    before = { sequence, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
  }
  return before === null ? 0 : before.sequence;
}

describe('runs at both sides that are killed thirty times, at random', () => {
  it('leave no half segment and no half image; the numbers go on, and the next runs end clean', async () => {
    const pushed = new Map([...digests].map(([name, digest]) => [name, new Set([digest])]));
    const whole = new Set<string>();
    /** Whatever has a tag is one of the images that had it at the source, and complete. */
    const expectNothingHalf = async () => {
      await Promise.all(
        [...pushed].map(async ([name, known]) => {
          const digest = await atOtherSide(name);
          if (digest === undefined || whole.has(digest)) return;
          expect([...known]).toContain(digest);
          await expectComplete(name, digest);
          whole.add(digest);
        }),
      );
    };
    const sides = { sender: { cwd: sender, args: send }, receiver: { cwd: receiver, args: receive } };
    /** How long a run takes here, which the random moments are spread over. */
    const usual = { sender: 0, receiver: 0 };
    let kills = 0;
    for (let round = 0; kills < 30; round++) {
      if (round > 90) expect.fail(`only ${kills} of ${round} runs were killed before they ended`);
      const side = round % 2 === 0 ? 'sender' : 'receiver';
      const { cwd, args } = sides[side];
      // Every eighth round both sides come to their end, and then an image is new.
      if (round % 8 === 0) {
        for (const one of ['sender', 'receiver'] as const) {
          const start = Date.now();
          const ended = await op.run(sides[one].cwd, sides[one].args);
          expect(ended.exitCode, ended.stderr).toBe(0);
          usual[one] = Date.now() - start;
        }
        const [name = ''] = [names[round % names.length]];
        const digest = await pushImage(`${registry.host}/hub/${name}:v1`, 200_000);
        digests.set(name, digest);
        pushed.get(name)?.add(digest);
      }
      if (!(await endsWithin(Math.random() * usual[side], cwd, args))) kills += 1;
      await expectChain();
      await expectNothingHalf();
    }
    const last = await op.run(sender, send);
    expect(last.exitCode, last.stderr).toBe(0);
    const newest = await expectChain();
    expect(newest).toBeGreaterThan(1);
    expect(await readdir(join(disk, 'segments'))).toHaveLength(newest);
    await expectWhole();
    for (const { cwd, args } of [sides.sender, sides.receiver]) {
      const again = await op.run(cwd, args);
      expect([again.exitCode, again.stderr]).toEqual([0, expect.stringMatching(/mirror: 9 unchanged/u)]);
    }
  }, 600_000);
});

describe('a disk that cannot be written', () => {
  /** Runs op where the folder of the disk is another file system. */
  const sandboxed = async (mount: readonly string[], args: readonly string[] = send) => {
    const env = { PATH: withTools(['crane', 'bwrap']).PATH, HOME: op.home };
    const bwrap = ['--dev-bind', '/', '/', ...mount, '--chdir', sender, '--', 'node', op.file, ...args];
    return await execa('bwrap', bwrap, { reject: false, env, extendEnv: false });
  };

  it('has too little room: nothing is downloaded', async () => {
    const ended = await sandboxed(['--size', '500000', '--tmpfs', disk]);
    expect(ended.exitCode).toBe(4);
    expect(ended.stderr).toMatch(
      /there is too little room on .*disk\n {2}why: 5\d\d\.\d kB are free, and the segment needs 1\.\d MB\n/u,
    );
    expect(here.requests.filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
  });

  it('is full before the segment is whole: there is no segment, and the next run has everything', async () => {
    // Others write to it meanwhile: there was room when it was looked at.
    const filler = join(disk, 'filler');
    const script = `${JSON.stringify(process.execPath)} ${op.file} ${send.join(' ')} & pid=$!; while ! ls ${disk}/segments/*.partial/part-0001/blobs/sha256/* >/dev/null 2>&1; do :; done; head -c 3000000 /dev/zero > ${filler}; wait $pid; code=$?; ls ${disk}/segments >&2; exit $code`;
    here.behave(({ path }) => (path.includes('/blobs/') ? { delay: 200 } : undefined));
    const env = { PATH: withTools(['crane', 'bwrap']).PATH, HOME: op.home };
    const bwrap = [
      '--dev-bind',
      '/',
      '/',
      '--size',
      '2500000',
      '--tmpfs',
      disk,
      '--chdir',
      sender,
      '--',
      'sh',
      '-c',
      script,
    ];
    const ended = await execa('bwrap', bwrap, { reject: false, env, extendEnv: false });
    expect(ended.exitCode, ended.stderr).toBe(4);
    expect(ended.stderr).toMatch(
      /error: cannot write to .*disk\n {2}why: ENOSPC: no space left on device.*\n {2}do: {2}make room on the disk/u,
    );
    expect(ended.stderr).not.toMatch(/^000001$/mu);
    here.calm();
    expect((await op.run(sender, send)).exitCode).toBe(0);
    await expectWhole();
  });

  it('is read-only', async () => {
    const ended = await sandboxed(['--ro-bind', disk, disk]);
    expect(ended.exitCode).toBe(4);
    expect(ended.stderr).toMatch(
      /cannot write to .*disk\n {2}why: EROFS.*\n {2}do: {2}the disk is read-only: mount it for writing$/u,
    );
  });

  it('is not there, or is not named', async () => {
    const missing = await op.run(sender, [...send.slice(0, 3), '--disk=/nowhere/usb']);
    expect(missing.exitCode).toBe(3);
    expect(missing.stderr).toContain('cannot read the disk /nowhere/usb\n  why: no such directory');
    const unnamed = await op.run(sender, ['mirror', 'run', '--workflow=workflow-from-disk']);
    expect(unnamed.exitCode).toBe(2);
  });
});
