import { chmod, chown, lchown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledOp, type Op } from './run-op.js';

let op: Op;
let room: string;

/** The user of every pod of a Task, as which the code of a repository runs, too. */
const code = 65532;
const key = 'SKAFFOLD_INSECURE_REGISTRY=registry.test\n';
const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

beforeAll(async () => {
  op = await bundledOp(['git']);
  await chmod(op.home, 0o755);
  room = await mkdtemp(join(tmpdir(), 'pod-properties-'));
});
afterAll(async () => {
  await rm(room, { recursive: true, force: true });
  await op.dispose();
});

interface Rights {
  readonly owner?: number;
  readonly of?: number;
  readonly mode?: number;
  readonly fileMode?: number;
}

/** A directory of a volume, with one file. */
async function volume(
  name: string,
  { owner = 0, of = owner, mode = 0o755, fileMode = 0o644 }: Rights = {},
): Promise<string> {
  const directory = join(room, name);
  await mkdir(directory);
  await writeFile(join(directory, 'x.properties'), key);
  await chmod(join(directory, 'x.properties'), fileMode);
  await chown(join(directory, 'x.properties'), of, of);
  await chown(directory, owner, owner);
  await chmod(directory, mode);
  return directory;
}

/** `op config` in a pod where a volume is mounted at /mnt. */
const config = (
  [mount, directory]: readonly ['--bind' | '--ro-bind', string],
  {
    user = code,
    env = pod,
    file = 'x.properties',
  }: { user?: number; env?: Record<string, string>; file?: string } = {},
) => {
  const own = [process.execPath, op.file, 'config', `--config=/mnt/${file}`];
  const as = user === 0 ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  return execa(
    'bwrap',
    [
      ...['--ro-bind', '/', '/', '--dev', '/dev', '--bind', op.home, op.home, mount, directory, '/mnt', '--chdir', '/'],
      ...['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--', ...as, ...own],
    ],
    { env, reject: false },
  );
};

const set = /SKAFFOLD_INSECURE_REGISTRY .*registry\.test/u;
const refusal = "sets SKAFFOLD_INSECURE_REGISTRY, and the repository's code could have written the file";

// Only root can give files to other users.
describe.skipIf(process.getuid?.() !== 0)('in a pod, what decides about rights', () => {
  it('is not believed from a file that its user made read-only, alone or with its directory', async () => {
    const directories = [
      await volume('file', { owner: code, fileMode: 0o444 }),
      await volume('both', { owner: code, fileMode: 0o444, mode: 0o555 }),
    ];
    for (const directory of directories) {
      const ended = await config(['--bind', directory]);
      expect([ended.exitCode, ended.stderr]).toEqual([6, expect.stringContaining(refusal)]);
      expect(ended.stderr).toContain('/mnt/x.properties belongs to user 65532, not to root');
      expect((await config(['--bind', directory], { env: {} })).stdout).toMatch(set);
    }
  });

  it('is not believed from a claim that is mounted read-only, when it was written before', async () => {
    const ended = await config(['--ro-bind', await volume('claim', { owner: 0, of: 1000, mode: 0o777 })]);
    expect([ended.exitCode, ended.stderr]).toEqual([6, expect.stringContaining(refusal)]);
  });

  it('is not believed from a file of root that can be replaced or written', async () => {
    const inside = await volume('inside', { mode: 0o777 });
    const written = await volume('written', { fileMode: 0o666 });
    const below = await volume('below', { mode: 0o777 });
    await mkdir(join(below, 'deeper'));
    await writeFile(join(below, 'deeper/x.properties'), key);
    for (const [directory, file] of [
      [inside, 'x.properties'],
      [written, 'x.properties'],
      [below, 'deeper/x.properties'],
    ] as const) {
      const ended = await config(['--bind', directory], { file });
      expect([ended.exitCode, ended.stderr]).toEqual([6, expect.stringContaining('not only root can write /mnt')]);
    }
  });

  it('is not believed through a link that somebody else made', async () => {
    const directory = await volume('linked');
    await symlink('x.properties', join(directory, 'link'));
    expect((await config(['--bind', directory], { file: 'link' })).stdout).toMatch(set);
    await lchown(join(directory, 'link'), code, code);
    expect((await config(['--bind', directory], { file: 'link' })).stderr).toContain('/mnt/link belongs to user 65532');
  });

  it('is believed from a ConfigMap as Kubernetes mounts it, also with a group for files, and from a file of the image', async () => {
    const map = join(room, 'map');
    await mkdir(join(map, '..2026_11_28'), { recursive: true });
    await writeFile(join(map, '..2026_11_28/x.properties'), key);
    await symlink('..2026_11_28', join(map, '..data'));
    await symlink('..data/x.properties', join(map, 'x.properties'));
    await chmod(map, 0o777);
    expect((await config(['--ro-bind', map])).stdout).toMatch(set);
    await chown(map, 0, code);
    await chmod(map, 0o2777);
    expect((await config(['--ro-bind', map])).stdout).toMatch(set);
    expect((await config(['--bind', await volume('image')])).stdout).toMatch(set);
  });

  it('is believed by root only from what is mounted read-only', async () => {
    const directory = await volume('root');
    expect((await config(['--bind', directory], { user: 0 })).stderr).toContain(
      'op runs as root, and /mnt/x.properties is not mounted read-only',
    );
    expect((await config(['--ro-bind', directory], { user: 0 })).stdout).toMatch(set);
  });

  it('does not concern other keys', async () => {
    const directory = await volume('other', { owner: code });
    await writeFile(join(directory, 'x.properties'), 'SKAFFOLD_PROFILE=fast\n');
    expect((await config(['--bind', directory])).stdout).toMatch(/SKAFFOLD_PROFILE +fast/u);
  });
});
