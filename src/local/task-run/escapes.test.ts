/** What steps and documents of a stranger must not reach: the machine outside of their sandbox. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRoom, type Parts, requestFor, runSpec, script } from '../../../test/local/task-run.js';
import { testContext } from '../../../test/op/test-context.js';
import { enterStep, runTask } from './run-task.js';
import type { Spec } from './task-spec.js';

let room: Awaited<ReturnType<typeof makeRoom>>;
beforeAll(async () => {
  room = await makeRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

/** Variables that make every dynamic program that has them write a file: in the sandbox, /tmp is another directory. */
const traced = () => {
  const trace = join('/tmp', `${basename(room.path)}-trace`);
  const env = [
    { name: 'LD_DEBUG', value: 'files' },
    { name: 'LD_DEBUG_OUTPUT', value: trace },
  ];
  const traces = async () => (await readdir('/tmp')).filter((name) => name.startsWith(basename(trace)));
  return { env, traces };
};

test('PATH of a step does not choose the bwrap that confines it', async () => {
  const plant = `printf '#!/bin/sh\\n: > ${room.path}/left-the-sandbox\\n' > /tekton/home/bwrap
chmod +x /tekton/home/bwrap
while read -r a b c root place rest; do
  if [ "$place" = /tekton/home ]; then printf %s "$root" > $(step.results.dir.path); fi
done < /proc/self/mountinfo`;
  const run = await runSpec(room.path, {
    steps: [
      { ...script('plant', plant), results: [{ name: 'dir', type: 'string' }] },
      {
        name: 'use',
        image: 'bash',
        script: '#!/bin/sh\necho "$PATH"',
        env: [{ name: 'PATH', value: '$(steps.plant.results.dir)' }],
      },
    ],
  });
  expect(run.printed('use')).toEqual([expect.stringMatching(/\/home$/u)]);
  expect(await readdir(room.path)).not.toContain('left-the-sandbox');
});

test('variables of a step, a sidecar or a shell in a step do not reach bwrap', async () => {
  const { env, traces } = traced();
  const seen = 'echo "$LD_DEBUG"; cat /tmp/*-trace* >/dev/null 2>&1';
  const spec = {
    sidecars: [{ ...script('helper', 'sleep 60'), env, readinessProbe: { exec: { command: ['true'] } } }],
    steps: [{ ...script('step', seen), env }],
  };
  const request = await requestFor(room.path, spec);
  const run = await runSpec(room.path, spec, { directory: request.directory });
  expect(run.printed('step')).toEqual(['files']);
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  const shell = await enterStep(context, request, 'step', ['sh', '-c', 'echo "$LD_DEBUG"']);
  if (shell === undefined) throw new Error('no such step');
  const { program, args, env: own, cwd } = shell;
  expect(execFileSync(program, args, { env: own, cwd, encoding: 'utf8' })).toBe('files\n');
  expect(args).not.toContain('LD_DEBUG');
  expect(await traces()).toEqual([]);
});

test.each(['a step', 'a sidecar', 'a shell in a step'])(
  '%s has no capabilities, also when root runs op: with them it could undo the mounts that confine it',
  async (who) => {
    const capabilities = `echo "$(sed -n 's/^Cap\\(Prm\\|Eff\\|Bnd\\):.//p' /proc/self/status | sort -u)"`;
    const undo = `${capabilities}; mount -o remount,rw,bind /etc 2>/dev/null && echo writable; true`;
    const sidecar = { ...script('helper', `${undo}; exec sleep 60`), readinessProbe: { exec: { command: ['true'] } } };
    const spec = {
      ...(who === 'a sidecar' ? { sidecars: [sidecar] } : {}),
      steps: [script('step', who === 'a step' ? undo : 'true')],
    };
    const request = await requestFor(room.path, spec);
    const run = await runSpec(room.path, spec, { directory: request.directory });
    const printed = who === 'a sidecar' ? run.printed('helper') : run.printed('step');
    const { context } = testContext({ env: { PATH: process.env.PATH } });
    const shell = await enterStep(context, request, 'step', ['sh', '-c', undo]);
    if (shell === undefined) throw new Error('no such step');
    const { program, args, env, cwd } = shell;
    const inShell = () => execFileSync(program, args, { env, cwd, encoding: 'utf8' }).trimEnd().split('\n');
    expect(who === 'a shell in a step' ? inShell() : printed).toEqual(['0000000000000000']);
  },
);

test.each([
  ['a variable', (step: object, more: string) => ({ ...step, env: [{ name: 'X', value: more }] })],
  ['the name of a variable', (step: object, more: string) => ({ ...step, env: [{ name: more, value: 'x' }] })],
  ['the working directory', (step: object, more: string) => ({ ...step, workingDir: `/${more}` })],
  ['a mount path', (step: object, more: string) => ({ ...step, volumeMounts: [{ name: 'v', mountPath: `/${more}` }] })],
])('a zero byte in %s does not end it, so that more options of bwrap follow', async (_, spoil) => {
  const mine = join(room.path, `zero-${randomUUID()}`);
  await mkdir(mine);
  const write = `: > ${mine}/left-the-sandbox`;
  const more = `x\0--bind\0${mine}\0${mine}\0--setenv\0y\0y`;
  const volumes = [{ name: 'v', emptyDir: {} }];
  const spec = (step: object) => ({ volumes, steps: [{ name: 'step', image: 'bash', script: write, ...step }] });
  const run = await runSpec(room.path, spec(spoil({}, more))).catch(() => undefined);
  expect(run?.status.steps?.[0]?.terminated?.exitCode ?? 1).not.toBe(0);
  const sidecar = { name: 'helper', image: 'bash', script: write, ...spoil({}, more) };
  await runSpec(room.path, { ...spec({ script: 'true' }), sidecars: [sidecar] }).catch(() => undefined);
  const request = await requestFor(room.path, spec(spoil({}, more)));
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  await expect(enterStep(context, request, 'step', ['sh', '-c', write])).rejects.toThrow();
  expect(await readdir(mine)).toEqual([]);
});

describe('the credentials of a ServiceAccount', () => {
  const credentials = [
    {
      name: 'login',
      type: 'kubernetes.io/basic-auth',
      annotations: { 'tekton.dev/git-0': 'https://git.example.com', 'tekton.dev/docker-0': 'r.example.com' },
      values: { username: 'theirs', password: 'theirs' },
    },
  ];
  const inHome = { name: 'step', image: 'bash', script: 'cat $HOME/.gitconfig' };

  test.each([
    ['.gitconfig', 'file'],
    ['.git-credentials', 'nothing'],
    ['.docker', ''],
  ])('are not written where the link %s in HOME leads', async (name, target) => {
    const { mine, volume } = await twoDirectories(`home-${name}`);
    await symlink(join(mine, target), join(volume.directory, name));
    const step = { ...inHome, env: [{ name: 'HOME', value: '/workspace/w' }] };
    const options = { workspaces: { w: volume }, credentials };
    const running = runSpec(room.path, { workspaces: [{ name: 'w' }], steps: [step] }, options);
    await expect(running).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(name) });
    expect(await readdir(mine)).toEqual(['file']);
    expect(await readFile(join(mine, 'file'), 'utf8')).toBe('mine');
  });

  test('are not written to where a HOME that is a link leads, nor to what is read-only', async () => {
    const { mine, volume } = await twoDirectories('home-itself');
    await symlink(mine, join(volume.directory, 'out'));
    const given = { ...volume, directory: mine, readOnly: true };
    for (const [home, workspace] of [
      ['/workspace/w/out', volume],
      ['/workspace/w', given],
    ] as const) {
      const step = { ...inHome, script: 'true', env: [{ name: 'HOME', value: home }] };
      await runSpec(
        room.path,
        { workspaces: [{ name: 'w' }], steps: [step] },
        { workspaces: { w: workspace }, credentials },
      );
    }
    expect(await readdir(mine)).toEqual(['file']);
  });

  test('are not written where a link leads that a step left, when a shell is opened in it', async () => {
    const { mine } = await twoDirectories('home-later');
    const plant = `rm /tekton/creds/.gitconfig; ln -s ${mine}/file /tekton/creds/.gitconfig`;
    const spec = { steps: [{ ...inHome, script: plant }] };
    const request = { ...(await requestFor(room.path, spec)), credentials };
    await runSpec(room.path, spec, { directory: request.directory, credentials });
    const { context } = testContext({ env: { PATH: process.env.PATH } });
    await expect(enterStep(context, request, 'step', ['true'])).rejects.toMatchObject({ kind: 'refused' });
    expect(await readFile(join(mine, 'file'), 'utf8')).toBe('mine');
  });
});

test('what has the terminal of a person in a step cannot type into it for the shell outside', async () => {
  const request = await requestFor(room.path, { steps: [script('step', 'true')] });
  const { context } = testContext({ env: { PATH: process.env.PATH } });
  // Of a pipe: it is no terminal, which only an allowed request finds out.
  const requests = [0x5412, 0x541c, 0x1_0000_5412, 0x5401];
  const ask = `for my $request (${requests.join(', ')}) { my $x = 'x'; ioctl(STDIN, $request, $x) or print "$!\\n" }`;
  const opened = await enterStep(context, request, 'step', ['perl', '-e', ask]);
  if (opened === undefined) throw new Error('no such step');
  const { program, args, env, cwd } = opened;
  expect(execFileSync(program, args, { env, cwd, encoding: 'utf8', input: '' }).trimEnd().split('\n')).toEqual([
    ...['Operation not permitted', 'Operation not permitted', 'Operation not permitted'],
    'Inappropriate ioctl for device',
  ]);
});

test('a step cannot change settings of the kernel, also when root runs op: one names a program for crashes', async () => {
  const options = "sed -n 's|.* /proc/sys \\(ro\\|rw\\),.*|\\1|p' /proc/self/mountinfo";
  const again = 'unshare -Urpf --mount-proc true 2>/dev/null && echo a new /proc; true';
  const run = await runSpec(room.path, { steps: [script('step', `${options}\n${again}`)] });
  expect(run.printed('step')).toEqual(['ro']);
});

/** A directory of the user that a step must not reach, and one that it has. */
async function twoDirectories(name: string) {
  const [mine, directory] = [join(room.path, `${name}-mine`), join(room.path, `${name}-given`)];
  await mkdir(mine);
  await writeFile(join(mine, 'file'), 'mine');
  await mkdir(directory);
  return { mine, volume: { directory, readOnly: false, secret: false } };
}

test('a step does not lead the subPath of a later step out of the volume', async () => {
  const { mine, volume } = await twoDirectories('later');
  const run = await runSpec(
    room.path,
    {
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'v' } }],
      steps: [
        {
          ...script('swap', `rmdir /v/sub; ln -s ${mine} /v/sub`),
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
        {
          ...script('write', 'echo owned > /v/file'),
          volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'sub' }],
        },
      ],
    },
    { volumes: { v: volume } },
  );
  expect(run.printed('write')).toEqual([expect.stringContaining('the subPath sub leads out of its volume')]);
  expect(run.condition[1]).toBe('StepFailed');
  expect(await readFile(join(mine, 'file'), 'utf8')).toBe('mine');
});

test('a step does not make op read a file of this machine as its result', async () => {
  const { mine } = await twoDirectories('result');
  const link = `ln -s ${mine} $(step.results.dir.path); cd /tekton/steps/step-trick; mv results moved; ln -s ${mine} results`;
  const run = await runSpec(room.path, {
    steps: [
      {
        ...script('first', `ln -s ${mine} $(step.results.dir.path)`),
        results: [{ name: 'dir', type: 'string' }],
      },
      { ...script('trick', link), results: ['dir', 'file'].map((name) => ({ name, type: 'string' })) },
      {
        ...script('show', 'echo "$A" "$B"'),
        env: [
          { name: 'A', value: '$(steps.trick.results.file)' },
          { name: 'B', value: '$(steps.first.results.dir/file)' },
        ],
      },
    ],
  });
  expect(run.lines.map(({ text }) => text).join('\n')).not.toContain('mine mine');
  expect(JSON.stringify(run.status.steps.map(({ results }) => results))).not.toContain('mine');
  expect(run.printed('show').at(-1)).toBe('$(steps.trick.results.file) $(steps.first.results.dir/file)');
});

test('a step does not make op write where a link leads that it left as the result of a step that is faked', async () => {
  const { mine } = await twoDirectories('faked');
  const fakeOf: Parts['fakeOf'] = ({ name }) => (name === 'fake' ? async () => ({ results: { r: 'x' } }) : undefined);
  const link = script('link', `ln -s ${mine}/file $(results.r.path)`);
  const spec: Spec = { results: [{ name: 'r', type: 'string' }], steps: [link, script('fake', 'exit 1')] };
  const run = await runSpec(room.path, spec, { fakeOf });
  expect(run.condition[0]).toBe('True');
  expect(await readFile(join(mine, 'file'), 'utf8')).toBe('mine');
  expect(run.status.results).toEqual([{ name: 'r', type: 'string', value: 'x' }]);
});

describe('a link of this machine that leads to nothing here, but out of the sandbox while bwrap makes its view', () => {
  test.each([
    ['a workspace', (place: string) => ({ workspaces: [{ name: 'w', mountPath: place }] }), {}],
    ['a volume', () => ({}), { volumeMounts: true }],
    ['the working directory', () => ({}), { workingDir: true }],
  ])('does not take %s with it', async (_, more, own) => {
    const { mine, volume } = await twoDirectories(`dangling-${randomUUID()}`);
    const checkout = await mkdtemp('/var/tmp/checkout-');
    try {
      for (const [name, target] of [
        ['absolute', `/oldroot${mine}`],
        ['relative', `../../oldroot${mine}`],
      ] as const) {
        await symlink(target, join(checkout, name));
        const place = join(checkout, name, 'made');
        const step = {
          ...script('step', 'echo ran'),
          ...('volumeMounts' in own ? { volumeMounts: [{ name: 'v', mountPath: place }] } : {}),
          ...('workingDir' in own ? { workingDir: place } : {}),
        };
        const spec = { steps: [step], volumes: [{ name: 'v', emptyDir: {} }], ...more(place) };
        await runSpec(room.path, spec, { workspaces: { w: volume } }).catch(() => undefined);
      }
      expect(await readdir(mine)).toEqual(['file']);
    } finally {
      await rm(checkout, { recursive: true });
    }
  });
});

test.each([
  ['the mount path of a workspace', (place: string) => ({ workspaces: [{ name: 'w', mountPath: place }] })],
  ['the mount path of a volume', (place: string) => ({ steps: [{ volumeMounts: [{ name: 'v', mountPath: place }] }] })],
  ['the working directory', (place: string) => ({ steps: [{ workingDir: place }] })],
])('%s is not in /proc, also by a param, from where a link leads out of the sandbox', async (_, make) => {
  const { volume } = await twoDirectories(`proc-${randomUUID()}`);
  const { steps: [own] = [{}], ...more } = make('$(params.place)') as { readonly steps?: readonly object[] };
  const spec: Spec = {
    params: [{ name: 'place', type: 'string' }],
    steps: [{ ...script('step', 'echo ran'), ...own }],
    volumes: [{ name: 'v', emptyDir: {} }],
    ...more,
  };
  const parts = { workspaces: { w: volume }, params: { place: '/proc/1/root/oldroot/x' } };
  const refused = { why: expect.stringContaining('/proc/1/root/oldroot/x belongs to the system of this machine') };
  await expect(runSpec(room.path, spec, parts)).rejects.toMatchObject(refused);
});

test.each([
  ['a sidecar', { sidecars: [{ ...script('../../../../made', 'true') }] }],
  ['a volume', { volumes: [{ name: '../../../made', emptyDir: {} }] }],
])('%s whose name is a path makes no directory', async (_, more) => {
  const spec = { steps: [script('s', 'true')], ...more };
  await expect(runSpec(room.path, spec)).rejects.toThrow('is not the name of a file');
  expect(await readdir(room.path)).not.toContain('made');
});

test('a step sees of what op keeps only what it mounts, also where runs are kept outside of the home', async () => {
  const state = await mkdtemp('/var/tmp/state-');
  try {
    const secret = join(state, 'runs/run/secrets/login');
    await mkdir(secret, { recursive: true });
    await writeFile(join(secret, 'password'), 'the password');
    const look = script('look', `cat /login/password; echo; find ${state} -type f`);
    const mounts = [{ name: 'v', mountPath: '/login' }];
    const volumes = { v: { directory: secret, readOnly: true, secret: false } };
    const spec = {
      steps: [{ ...look, volumeMounts: mounts }],
      volumes: [{ name: 'v', secret: { secretName: 'login' } }],
    };
    const run = await runSpec(room.path, spec, { state, volumes });
    expect(run.printed('look')).toEqual(['the password']);
  } finally {
    await rm(state, { recursive: true });
  }
});

test('a step cannot speak to services whose sockets are not in /run, such as LXD and Incus: they make their users root', async () => {
  const directory = await mkdtemp('/var/tmp/service-');
  const service = createServer((socket) => socket.end());
  try {
    await new Promise<void>((done) => service.listen(join(directory, 'unix.socket'), done));
    const connect = `#!${process.execPath}
require('node:net').connect('/var/lib/incus/unix.socket').on('error', ({ code }) => console.log(code)).on('connect', () => { console.log('connected'); process.exit(); });`;
    const file = join(directory, 'task.json');
    const task = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 'task' } };
    await writeFile(
      file,
      JSON.stringify({ ...task, spec: { steps: [{ name: 'a', image: 'bash', script: connect }] } }),
    );
    // op on a machine that has Incus.
    const machine = ['--dev-bind', '/', '/', '--tmpfs', '/var/lib', '--bind', directory, '/var/lib/incus'];
    const op = [process.execPath, '--import', 'tsx', 'src/op/main.ts', 'local', 'start', file];
    const args = [...machine, '--', ...op, `--state=${join(room.path, 'with-incus')}`];
    const output = execFileSync('bwrap', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    expect(output).toMatch(/^\[task : a\] ENOENT$/mu);
  } finally {
    service.close();
    await rm(directory, { recursive: true });
  }
});

test('a step sees neither the home of the user nor sockets of services, but the programs of PATH that are there', async () => {
  // Not in /tmp, which each step has for itself.
  const home = await mkdtemp('/var/tmp/home-');
  const temporary = await mkdtemp('/var/tmp/temporary-');
  const service = createServer((socket) => socket.end());
  try {
    for (const directory of ['.ssh', 'bin', 'share/tool', 'v2/bin'])
      await mkdir(join(home, directory), { recursive: true });
    await writeFile(join(home, '.ssh/id'), 'the key');
    await writeFile(join(temporary, 'config.json'), 'the login');
    await writeFile(join(home, 'share/tool/tool'), '#!/bin/sh\necho tool\n', { mode: 0o755 });
    await writeFile(join(home, 'v2/bin/other'), '#!/bin/sh\necho other\n', { mode: 0o755 });
    await symlink('../share/tool/tool', join(home, 'bin/tool'));
    await symlink('v2', join(home, 'current'));
    await new Promise<void>((done) => service.listen(join(home, 'agent.sock'), done));
    const connect = `#!${process.execPath}
const path = '${home}/agent.sock';
require('node:net').connect(path).on('error', ({ code }) => console.log(code)).on('connect', () => console.log('connected'));`;
    const look = `cat ${home}/.ssh/id || true
find ${temporary} -type f
find /run /var/run -type s
tool; other
! (echo x > ${home}/bin/tool) 2>/dev/null && echo 'cannot write'
env | grep -E 'SOCK|DOCKER|DBUS|XDG|HOME'`;
    const { context } = testContext({
      env: {
        PATH: [process.env.PATH, join(home, 'bin'), join(home, 'current/bin'), home].join(':'),
        HOME: home,
        TMPDIR: temporary,
        ...{ DOCKER_HOST: 'unix:///run/docker.sock', SSH_AUTH_SOCK: join(home, 'agent.sock') },
        ...{ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus', XDG_RUNTIME_DIR: '/run/user/1000' },
      },
    });
    const lines: string[] = [];
    const spec = { steps: [{ ...script('look', look) }, script('connect', connect)] };
    const request = await requestFor(room.path, spec, { isolation: 'namespaces' });
    await runTask(context, request, { line: ({ text }) => lines.push(text), step: () => undefined });
    expect(lines).toEqual([
      expect.stringMatching(/^cat: .*\.ssh\/id'?: No such file or directory$/u),
      'tool',
      'other',
      'cannot write',
      'HOME=/tekton/home',
      'ENOENT',
    ]);
  } finally {
    service.close();
    await rm(home, { recursive: true });
    await rm(temporary, { recursive: true });
  }
});

test('a working directory is made in a workspace, not where a link in it leads, and not in one that is read-only', async () => {
  const { mine, volume } = await twoDirectories('directory');
  await symlink(`../../../../../../../../../oldroot${mine}`, join(volume.directory, 'out'));
  const at = (workingDir: string) => ({ ...script('pwd', 'pwd'), workingDir });
  const inWorkspace = (workingDir: string, readOnly = false) =>
    runSpec(
      room.path,
      { workspaces: [{ name: 'w' }], steps: [at(workingDir)] },
      { workspaces: { w: { ...volume, readOnly } } },
    );
  expect((await inWorkspace('/workspace/w/new/deep')).printed('pwd')).toEqual(['/workspace/w/new/deep']);
  await inWorkspace('/workspace/w/out/made');
  await inWorkspace('/workspace/w/unwanted', true);
  expect(await readdir(mine)).toEqual(['file']);
  expect(await readdir(volume.directory)).not.toContain('unwanted');
});

test.each([false, true])(
  'a mount in another one is not placed where a link there leads (read-only: %s)',
  async (readOnly) => {
    const { mine, volume } = await twoDirectories(`outer-${readOnly}`);
    const inner = await twoDirectories(`inner-${readOnly}`);
    await symlink(`/oldroot${mine}`, join(volume.directory, 'sub'));
    const spec = {
      workspaces: [{ name: 'w' }, { name: 'inner', mountPath: '/workspace/w/sub/made' }],
      steps: [script('look', 'true')],
    };
    const workspaces = { w: { ...volume, readOnly }, inner: inner.volume };
    await runSpec(room.path, spec, { workspaces }).catch(() => undefined);
    expect(await readdir(mine)).toEqual(['file']);
  },
);
