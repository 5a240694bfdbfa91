import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRoom, type Parts, runSpec } from '../../../test/local/task-run.js';
import { type LocalRegistry, startRegistry } from '../../../test/op/local-registry.js';
import { testContext } from '../../../test/op/test-context.js';
import { withTools } from '../../../test/tools.js';
import { toolError } from '../../op/kit/errors/op-error.js';
import { fetchLocalImage } from '../../op/laptop/local-images.js';
import type { StepImage } from '../contract.js';

let room: Awaited<ReturnType<typeof makeRoom>>;
let image: StepImage;
/** A file system of busybox alone. */
let root: string;

beforeAll(async () => {
  room = await makeRoom();
  root = join(room.path, 'image');
  await mkdir(join(root, 'bin'), { recursive: true });
  await mkdir(join(root, 'etc'));
  await cp(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), join(root, 'bin/busybox'));
  for (const name of ['sh', 'cat', 'echo', 'id', 'ls', 'env', 'pwd', 'sleep'])
    await symlink('busybox', join(root, 'bin', name));
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:2000::/home/builder:/bin/sh\n',
  );
  await writeFile(join(root, 'etc/from-the-image'), 'yes\n');
  image = {
    root,
    digest: `sha256:${'a'.repeat(64)}`,
    env: { PATH: '/bin', FROM_IMAGE: 'set' },
    entrypoint: ['echo', 'entrypoint'],
    cmd: ['command'],
    user: '',
    workingDir: '/srv/app',
  };
});
afterAll(() => room[Symbol.asyncDispose]());

/** Runs steps in an image; nothing is this machine. */
const inImage = (steps: readonly object[], more: Partial<StepImage> = {}, parts: Parts = {}, spec: object = {}) =>
  runSpec(
    room.path,
    {
      steps: steps.map((step, index) => ({ name: `s${index}`, image: 'example.com/tool:1', ...step })),
      results: [{ name: 'r', type: 'string' }],
      ...spec,
    },
    { hostImage: () => undefined, fetchImage: async () => ({ ...image, ...more }), ...parts },
  );

test('a step runs in the files of its image, with its variables, user, and working directory', async () => {
  const script = 'cat /etc/from-the-image; echo $FROM_IMAGE $PATH $HOME; pwd; id -u; ls /usr 2>&1 || true';
  const { lines, condition, status } = await inImage([{ script: `#!/bin/sh\n${script}` }]);
  expect(lines.map(({ text }) => text)).toEqual([
    'yes',
    'set /bin /root',
    '/srv/app',
    '0',
    'ls: /usr: No such file or directory',
  ]);
  expect(condition[0]).toBe('True');
  expect(status.steps[0]?.imageID).toBe(`example.com/tool:1@${image.digest}`);
});

test('a step in its own image cannot change settings of the kernel, also when root runs op', async () => {
  const { lines } = await inImage([{ script: '#!/bin/sh\ncat /proc/self/mountinfo' }]);
  expect(lines.map(({ text }) => text)).toContainEqual(expect.stringMatching(/ \/proc\/sys ro,/u));
});

test.each([
  ['neither', {}, 'entrypoint command'],
  ['arguments', { args: ['mine'] }, 'entrypoint mine'],
  ['a command', { command: ['echo', 'own'] }, 'own'],
])('with %s, ENTRYPOINT and CMD are what a container engine makes of them', async (_, step, printed) => {
  expect((await inImage([step])).lines.map(({ text }) => text)).toEqual([printed]);
});

test('an image with neither ENTRYPOINT nor CMD needs a command', async () => {
  await expect(inImage([{}], { entrypoint: [], cmd: [] })).rejects.toThrow('runs the ENTRYPOINT of example.com/tool:1');
});

test.each([
  ['builder', {}, ['1000', '2000', '/home/builder']],
  ['builder:0', {}, ['1000', '0', '/home/builder']],
  ['123:456', {}, ['123', '456', '/']],
  ['builder', { runAsUser: 5, runAsGroup: 6 }, ['5', '6', '/']],
])('the user %s of an image, with %o', async (user, securityContext, expected) => {
  const { lines } = await inImage([{ securityContext, script: '#!/bin/sh\nid -u; id -g; echo $HOME' }], { user });
  expect(lines.map(({ text }) => text)).toEqual(expected);
});

test('a step may write to its own files; the next step and the image never see it', async () => {
  const write = '#!/bin/sh\necho mine > /etc/from-the-image; cat /etc/from-the-image; echo > /etc/more';
  const { lines, condition } = await inImage([
    { script: write },
    { script: '#!/bin/sh\ncat /etc/from-the-image; ls /etc/more || true' },
  ]);
  expect(condition[0]).toBe('True');
  expect(lines.map(({ text }) => text)).toEqual(['mine', 'yes', 'ls: /etc/more: No such file or directory']);
  expect(await readFile(join(root, 'etc/from-the-image'), 'utf8')).toBe('yes\n');
});

test('workspaces, results and directories of the pod are what they are in a pod', async () => {
  const directory = await mkdtemp(join(room.path, 'workspace-'));
  await writeFile(join(directory, 'in'), 'given');
  const script =
    '#!/bin/sh\ncat /data/in; echo out > /data/out; echo -n of-image > /tekton/results/r; echo shared > /workspace/s';
  const { condition, status, lines } = await inImage(
    [{ script, volumeMounts: [{ name: 'v', mountPath: '/data' }] }, { script: '#!/bin/sh\ncat /workspace/s' }],
    {},
    { volumes: { v: { directory, readOnly: false, secret: false } } },
  );
  expect(condition[0], JSON.stringify(lines)).toBe('True');
  expect(lines.at(-1)?.text).toBe('shared');
  expect(status.results).toEqual([{ name: 'r', type: 'string', value: 'of-image' }]);
  expect(await readFile(join(directory, 'out'), 'utf8')).toBe('out\n');
});

test('a link of a hostile image does not take a mount into /proc, from where a link leads out of the sandbox', async () => {
  const hostile = join(room.path, 'hostile-proc');
  await cp(root, hostile, { recursive: true, verbatimSymlinks: true });
  await symlink('/proc/1/root/oldroot/var/tmp', join(hostile, 'way'));
  const { lines } = await inImage(
    [{ script: '#!/bin/sh\necho ran', volumeMounts: [{ name: 'v', mountPath: '/way/made' }] }],
    { root: hostile },
    {},
    { volumes: [{ name: 'v', emptyDir: {} }] },
  );
  expect(lines.map(({ text }) => text)).toEqual([
    expect.stringContaining('/proc/1/root/oldroot/var/tmp/made belongs to'),
  ]);
});

test('links of a hostile image lead nowhere outside of it', async () => {
  const outside = await mkdtemp(join(room.path, 'outside-'));
  const hostile = await mkdtemp(join(room.path, 'hostile-'));
  await cp(root, hostile, { recursive: true, verbatimSymlinks: true });
  await symlink(outside, join(hostile, 'tekton'));
  await symlink(`/oldroot${outside}`, join(hostile, 'workspace'));
  await symlink('../../../../../../../../../../../..', join(hostile, 'srv'));
  await rm(join(hostile, 'etc'), { recursive: true });
  await symlink(outside, join(hostile, 'etc'));
  await symlink('/etc', join(hostile, 'proc'));
  const { condition, lines } = await inImage([{ command: ['echo', 'done'] }], { root: hostile });
  expect(condition[0], JSON.stringify(lines)).toBe('True');
  expect(await readdir(outside)).toEqual([]);
});

test('variables of an image or a step do not reach the program that makes the sandbox', async () => {
  const marker = join(room.path, 'loaded');
  const script = '#!/bin/sh\necho $LD_PRELOAD $LD_DEBUG_OUTPUT';
  const { lines } = await inImage(
    [
      {
        script,
        env: [
          { name: 'LD_DEBUG', value: 'all' },
          { name: 'LD_DEBUG_OUTPUT', value: marker },
        ],
      },
    ],
    {
      env: { PATH: '/bin', LD_PRELOAD: '/no/such.so' },
    },
  );
  expect(lines.map(({ text }) => text)).toEqual([`/no/such.so ${marker}`]);
  expect((await readdir(room.path)).filter((name) => name.startsWith('loaded'))).toEqual([]);
});

test('a sidecar cannot move the places of mounts while a command probes it', async () => {
  const move = 'busybox mv /etc /moved; busybox mv /tekton /moved; busybox mv /tekton/scripts /tekton/moved';
  const sidecar = {
    ...{ name: 'helper', image: 'example.com/tool:1', script: `#!/bin/sh\n${move}; echo moved; exec sleep 60` },
    readinessProbe: { exec: { command: ['cat', '/etc/from-the-image'] } },
  };
  const step = { name: 's', image: 'example.com/tool:1', command: ['sleep', '0.2'] };
  const spec = { sidecars: [sidecar], steps: [step] };
  const run = await runSpec(room.path, spec, { hostImage: () => undefined, fetchImage: async () => image });
  expect(run.printed('helper')).toEqual([
    ...['/etc', '/tekton', '/tekton/scripts'].map((path) => `mv: can't rename '${path}': Device or resource busy`),
    'moved',
  ]);
  expect(run.condition[0]).toBe('True');
});

test('a program that the image does not have is named, with the image', async () => {
  const { lines, condition } = await inImage([{ command: ['python3'] }]);
  expect(lines[0]?.text).toBe(`op: the step s0 wants python3, which example.com/tool:1@${image.digest} does not have`);
  expect(condition[1]).toBe('StepFailed');
});

test('an image that cannot be had fails the TaskRun as on a cluster', async () => {
  const fetchImage = async () => {
    throw toolError({ what: 'cannot read example.com/tool:1', why: 'connection refused', hint: '' });
  };
  const { condition } = await inImage([{ command: ['echo'] }], {}, { fetchImage });
  expect(condition).toEqual([
    'False',
    'TaskRunImagePullFailed',
    'the step "s0" in TaskRun "run" failed to pull the image "example.com/tool:1". The pod errored with the message: "cannot read example.com/tool:1: connection refused."',
  ]);
});

test('images come from a registry once; without it, a tag is what it was', async () => {
  const registry: LocalRegistry = await startRegistry();
  const cache = await mkdtemp(join(room.path, 'cache-'));
  const { context, printed } = testContext({ env: { ...withTools(['crane']), XDG_CACHE_HOME: cache } });
  const name = `${registry.host}/tool:1`;
  try {
    const layer = join(room.path, 'layer.tar');
    execFileSync('tar', ['-C', root, '-cf', layer, '.']);
    execFileSync('crane', ['append', '--new_layer', layer, '--new_tag', name], {
      env: withTools(['crane']),
      stdio: 'ignore',
    });
    const [first, second] = await Promise.all([fetchLocalImage(context, name), fetchLocalImage(context, name)]);
    expect(first).toEqual(second);
    expect(await readFile(join(first.root, 'etc/from-the-image'), 'utf8')).toBe('yes\n');
    const run = await inImage(
      [{ script: '#!/bin/sh\ncat /etc/from-the-image' }],
      {},
      { fetchImage: () => fetchLocalImage(context, name) },
    );
    expect(run.lines.map(({ text }) => text)).toEqual(['yes']);
    await expect(fetchLocalImage(context, `${registry.host}/none:1`)).rejects.toThrow('not found');
  } finally {
    await registry.stop();
  }
  expect((await fetchLocalImage(context, name)).root).toContain(cache);
  expect(printed.join('\n')).toContain(`warning: ${name} is used as it was when its registry last answered`);
});
