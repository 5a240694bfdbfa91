/** Steps and sidecars that exchange a directory for a link to another place of this machine, while a container with it starts. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, exchanging } from '../../../test/local/exchange.js';
import { makeRoom, requestFor, runSpec, script } from '../../../test/local/task-run.js';
import { testContext } from '../../../test/op/test-context.js';
import { workspaceFor } from '../workspaces/make.js';
import { enterStep } from './run-task.js';

let room: Awaited<ReturnType<typeof makeRoom>>;
beforeAll(async () => {
  room = await makeRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

/** Directories of the user that no step has, and a volume in which `sub` is one that steps have, and `lnk` leads to the user's. */
async function volumeWithLink() {
  const place = await mkdtemp(join(room.path, 'volume-'));
  const [mine, directory] = [join(place, 'mine'), join(place, 'given')];
  await mkdir(join(mine, 'keep'), { recursive: true });
  await writeFile(join(mine, 'keep/file'), 'mine');
  await mkdir(join(directory, 'sub/keep'), { recursive: true });
  // A relative one leads there also where bwrap has the whole machine below another root.
  await symlink('../mine', join(directory, 'lnk'));
  const unharmed = async () => {
    expect((await readdir(mine, { recursive: true })).toSorted()).toEqual(['keep', 'keep/file']);
    expect(await readFile(join(mine, 'keep/file'), 'utf8')).toBe('mine');
  };
  return { mine, volume: { directory, readOnly: false, secret: false }, unharmed };
}

const perl = (text: string) => `#!/usr/bin/env perl\n${text}`;

test('a sidecar does not lead the subPath of a step out of the volume', async () => {
  const { mine, unharmed } = await volumeWithLink();
  const prepare = `mkdir '/v/sub'; symlink '../../../${relative(room.path, mine)}', '/v/lnk';`;
  const sub = [{ name: 'v', mountPath: '/m', subPath: 'sub' }];
  const spec = {
    volumes: [{ name: 'v', emptyDir: {} }],
    sidecars: [
      {
        ...script('swap', perl(`${prepare} ${exchanging('/v/sub', '/v/lnk', 20)}`)),
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      },
    ],
    steps: [0, 1, 2].map((index) => ({
      ...script(`s${index}`, `echo x > /m/evil${index}; echo done`),
      volumeMounts: sub,
    })),
  };
  const said: (string | undefined)[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    const runs = await Promise.all([runSpec(room.path, spec), runSpec(room.path, spec)]);
    said.push(...runs.map(({ lines }) => lines.at(-1)?.text));
  }
  await unharmed();
  // Each one has its own directory, or says that it has not.
  expect(said.filter((text) => !/^done$|cannot start: .*(?:subPath|moved)/u.test(text ?? ''))).toEqual([]);
}, 30_000);

describe('a parallel task', () => {
  const attempts = 40;

  test('does not lead the subPath of a workspace out of the volume', async () => {
    const { volume, unharmed } = await volumeWithLink();
    const { directory } = volume;
    const made = { binding: { name: 'w', source: { kind: 'new' } }, directory } as const;
    const workspace = await workspaceFor(made, 'sub', directory);
    await using _swapping = await exchange(join(directory, 'sub'), join(directory, 'lnk'));
    for (let attempt = 0; attempt < attempts; attempt++) {
      const step = script('write', `echo x > /workspace/w/evil${attempt}`);
      const spec = { workspaces: [{ name: 'w' }], steps: [step] };
      await runSpec(room.path, spec, { workspaces: { w: workspace }, pipelineRun: 'run' });
    }
    await unharmed();
  });

  test('does not make op make the subPath of a workspace outside of the volume', async () => {
    const { volume, unharmed } = await volumeWithLink();
    const { directory } = volume;
    const made = { binding: { name: 'w', source: { kind: 'new' } }, directory } as const;
    await using _swapping = await exchange(join(directory, 'sub'), join(directory, 'lnk'));
    for (let attempt = 0; attempt < 1000; attempt++) {
      await workspaceFor(made, `sub/${attempt}/deep`, directory).catch(() => undefined);
    }
    await unharmed();
    expect((await readdir(directory)).toSorted()).toEqual(['lnk', 'sub']);
  });

  test('does not make op remove or make what is outside of the volume, for the place of a mount', async () => {
    const { volume, unharmed } = await volumeWithLink();
    const { directory } = volume;
    const config = await mkdtemp(join(room.path, 'config-'));
    await writeFile(join(config, 'key'), 'hello');
    const spec = {
      workspaces: [{ name: 'w' }],
      volumes: [{ name: 'c', configMap: { name: 'c' } }],
      steps: ['keep', 'new/place'].map((path, index) => ({
        ...script(`s${index}`, 'true'),
        onError: 'continue',
        volumeMounts: [{ name: 'c', mountPath: `/workspace/w/sub/${path}`, subPath: 'key' }],
      })),
    };
    const volumes = { c: { directory: config, readOnly: true, secret: false } };
    await using _swapping = await exchange(join(directory, 'sub'), join(directory, 'lnk'));
    const printed: string[] = [];
    for (let attempt = 0; attempt < attempts; attempt++) {
      const parts = { workspaces: { w: volume }, volumes, pipelineRun: 'run' };
      const run = await runSpec(room.path, spec, parts).catch(String);
      printed.push(...(typeof run === 'string' ? [run] : run.printed('s0')));
    }
    await unharmed();
    expect(new Set(printed)).toEqual(
      new Set([expect.stringContaining('which a sidecar or another task may change meanwhile')]),
    );
  });

  test('does not get credentials or a working directory outside of the volume', async () => {
    const { volume, unharmed } = await volumeWithLink();
    const { directory } = volume;
    const credentials = [
      {
        ...{ name: 'login', type: 'kubernetes.io/basic-auth' },
        annotations: { 'tekton.dev/git-0': 'https://git.example.com', 'tekton.dev/docker-0': 'r.example.com' },
        values: { username: 'theirs', password: 'theirs' },
      },
    ];
    const step = { ...script('s', 'true'), env: [{ name: 'HOME', value: '/workspace/w/sub' }] };
    const spec = { workspaces: [{ name: 'w' }], steps: [{ ...step, workingDir: '/workspace/w/sub/made' }] };
    await using _swapping = await exchange(join(directory, 'sub'), join(directory, 'lnk'));
    for (let attempt = 0; attempt < attempts; attempt++) {
      const parts = { workspaces: { w: volume }, credentials, pipelineRun: 'run' };
      await runSpec(room.path, spec, parts).catch(() => undefined);
    }
    await unharmed();
  });
});

test('what is in the way of a mount in a volume is not removed', async () => {
  const { volume } = await volumeWithLink();
  await writeFile(join(volume.directory, 'sub/keep/theirs'), 'theirs');
  const config = await mkdtemp(join(room.path, 'config-'));
  await writeFile(join(config, 'key'), 'hello');
  const step = {
    ...script('s', 'true'),
    volumeMounts: [{ name: 'c', mountPath: '/workspace/w/sub/keep', subPath: 'key' }],
  };
  const run = await runSpec(
    room.path,
    { workspaces: [{ name: 'w' }], volumes: [{ name: 'c', configMap: { name: 'c' } }], steps: [step] },
    { workspaces: { w: volume }, volumes: { c: { directory: config, readOnly: true, secret: false } } },
  );
  expect(run.printed('s')).toEqual([
    'op: the step s cannot start: cannot mount /workspace/w/sub/keep: something that is no file is in the way of a file',
  ]);
  expect(await readdir(join(volume.directory, 'sub/keep'))).toEqual(['theirs']);
});

describe('a subPath', () => {
  const mounts = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: 'v', mountPath: `/m${index}`, subPath: `sub/${index}` }));
  const spec = (count: number, text: string) => ({
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'v' } }],
    steps: [{ ...script('s', text), volumeMounts: mounts(count) }],
  });

  test('is what it was, for any number of them, and nothing of it stays open in the step', async () => {
    const { volume } = await volumeWithLink();
    const text =
      'for n in $(seq 0 19); do echo $n > /m$n/file; done; ls -l /proc/1/fd /proc/$$/fd | grep given || echo nothing';
    const parts = { volumes: { v: volume }, pipelineRun: 'run' };
    const run = await runSpec(room.path, spec(20, text), parts);
    expect(run.printed('s')).toEqual(['nothing']);
    expect(await readFile(join(volume.directory, 'sub/17/file'), 'utf8')).toBe('17\n');
  });

  test('is there in a shell that is opened in the step, up to four of what others may change', async () => {
    const { volume } = await volumeWithLink();
    const { context } = testContext({ env: { PATH: process.env.PATH } });
    const enter = async (count: number) => {
      const parts = { volumes: { v: volume }, pipelineRun: 'run' };
      return enterStep(context, await requestFor(room.path, spec(count, 'true'), parts), 's', ['ls', '-d', '/m3']);
    };
    const shell = await enter(4);
    if (shell === undefined) throw new Error('no such step');
    const { program, args, env, cwd } = shell;
    expect(execFileSync(program, args, { env, cwd, encoding: 'utf8' })).toBe('/m3\n');
    await expect(enter(5)).rejects.toMatchObject({ kind: 'input', message: 'cannot mount the subPath at /m4' });
  });

  test('of what others may change is refused where bubblewrap cannot keep it in its volume', async () => {
    const { volume } = await volumeWithLink();
    const old = await mkdtemp(join(room.path, 'old-'));
    const bwrap = execFileSync('/bin/sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).trim();
    const text = `#!/bin/sh
case " $* " in *" --ro-bind-fd "* | *" --bind-fd "*) echo "bwrap: Unknown option --bind-fd" >&2; exit 1 ;; esac
exec ${bwrap} "$@"\n`;
    await writeFile(join(old, 'bwrap'), text, { mode: 0o755 });
    const run = (parts: object) =>
      runSpec(room.path, spec(1, 'echo ran'), { volumes: { v: volume }, path: `${old}:/usr/bin:/bin`, ...parts });
    expect((await run({})).printed('s')).toEqual(['ran']);
    expect((await run({ pipelineRun: 'run' })).printed('s')).toEqual([expect.stringContaining('lacks --bind-fd')]);
  });
});
