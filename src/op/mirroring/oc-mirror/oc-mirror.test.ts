import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

/**
 * oc-mirror itself cannot be had here. Its place takes a recorder that refuses what its documentation and its source refuse, and treats
 * archives and history as it does.
 */
const recorder = join(import.meta.dirname, '../../../../test/op/oc-mirror/oc-mirror.mjs');

let op: Op;
let programs: string;
let room: string;

beforeAll(async () => {
  op = await bundledOp([]);
  programs = await mkdtemp(join(tmpdir(), 'oc-mirror-programs-'));
  await symlink(recorder, join(programs, 'oc-mirror'));
});
afterAll(async () => {
  await rm(programs, { recursive: true, force: true });
  await op?.dispose();
});
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'oc-mirror-test-'));
  await write('a');
});
afterEach(() => rm(room, { recursive: true, force: true }));

const write = (...images: readonly string[]) =>
  writeFile(
    join(room, 'imageset.yaml'),
    `apiVersion: mirror.openshift.io/v2alpha1\nkind: ImageSetConfiguration\nmirror:\n  additionalImages:\n${images.map((name) => `    - name: quay.io/acme/${name}:v1\n`).join('')}`,
  );
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  op.run(room, ['mirror', 'oc-mirror', ...args], { PATH: `${programs}:${process.env.PATH}`, ...env });
const toDisk = (args: readonly string[] = [], env = {}) => run(['--workflow=to-disk', '--disk=disk', ...args], env);
const recorded = async (place: string): Promise<readonly string[]> =>
  JSON.parse(await readFile(join(room, place, 'working-dir/logs/command-line.json'), 'utf8'));
const archive = (place = 'disk') => readFile(join(room, place, 'mirror_000001.tar'), 'utf8');
const kept = () => readdir(join(room, 'disk/archives')).catch(() => []);

describe('the command line', () => {
  it('is one that oc-mirror takes, for each workflow, with everything set', async () => {
    await writeFile(join(room, 'auth.json'), '{}');
    const all = [
      ...['--authfile=auth.json', '--parallel-images=8', '--parallel-layers=2', '--image-timeout=1h30m'],
      ...['--retry-times=9', '--retry-delay=3s', '--source-tls-verify=false', '--secure-policy', '--remove-signatures'],
    ];
    const common = [
      ...['--authfile', 'auth.json', '--parallel-images', '8', '--parallel-layers', '2', '--image-timeout', '5400s'],
      ...[
        '--retry-times',
        '9',
        '--retry-delay',
        '3s',
        '--src-tls-verify=false',
        '--secure-policy',
        '--remove-signatures',
      ],
    ];
    const start = (place: string) => [
      ...['--v2', '--config', join(room, place, 'imageset.yaml'), '--cache-dir', join(room, 'oc-mirror-cache')],
      ...['--port', expect.stringMatching(/^\d+$/u)],
    ];
    expect(
      await run([...all, '--to=registry.example:5000/mirror', '--to-tls-verify=false', '--max-nested-paths=2']),
    ).toMatchObject({ exitCode: 0 });
    const to = 'docker://registry.example:5000/mirror';
    const [head, tail] = [common.slice(0, 13), common.slice(13)];
    expect(await recorded('oc-mirror')).toEqual([
      ...[...start('oc-mirror'), ...head, '--dest-tls-verify=false', ...tail, '--max-nested-paths', '2'],
      ...['--workspace', `file://${join(room, 'oc-mirror')}`, to],
    ]);
    expect(await toDisk([...all, '--strict-archive', '--full'])).toMatchObject({ exitCode: 0 });
    expect(await recorded('disk')).toEqual([
      ...[...start('disk'), ...common.slice(0, 2), '--since', '1970-01-01', ...common.slice(2), '--strict-archive'],
      `file://${join(room, 'disk')}`,
    ]);
    const from = ['--workflow=workflow-from-disk', '--directory=disk', '--to=registry.example:5000/mirror'];
    expect(await run([...all, ...from])).toMatchObject({ exitCode: 0 });
    expect(await recorded('disk')).toEqual([...start('disk'), ...common, '--from', `file://${join(room, 'disk')}`, to]);
  });

  it.each([
    [['--to=registry.example:5000', '--parallel-images=11'], 'oc-mirror takes at most 10'],
    [['--workflow=direct'], 'needs --to'],
    [['--to=docker://registry.example'], 'without docker://'],
    [['--to=registry.example/a:v1'], 'invalid --to'],
    [['--to=mirror'], 'it has no host'],
    [['--to=registry.example', '--since=2026-11-20'], 'only the archives of to-disk have a baseline'],
    [['--to=registry.example', '--incremental-mode=false'], '--full has no meaning'],
    [['--workflow=to-disk', '--to=registry.example'], '--to has no meaning'],
    [['--workflow=to-disk', '--since=20.11.2026'], 'it is not a day'],
    [['--workflow=to-disk', '--since=2026-11-20', '--full'], 'only one of --full and --since'],
    [['--workflow=to-disk', '--disk=helm-disk'], 'refuses paths with "helm"'],
  ])('%j is refused before anything is started', async (args, message) => {
    const { exitCode, stderr } = await run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(await readdir(room)).toEqual(['imageset.yaml']);
  });

  it.each([['--incremental'], ['-r', 'x'], ['--since=2026-11-20T10:00:00Z'], ['--parallel-images=0']])(
    'the recorder refuses what oc-mirror does: %j',
    async (...wrong) => {
      const args = ['--v2', '-c', join(room, 'imageset.yaml'), ...wrong, `file://${room}/d`];
      const { exitCode } = await execa(recorder, args, { reject: false });
      expect(exitCode).toBe(1);
    },
  );

  it('OC_MIRROR_CACHE, with which oc-mirror refuses --cache-dir, does not reach it', async () => {
    expect(await toDisk([], { OC_MIRROR_CACHE: '/elsewhere' })).toMatchObject({ exitCode: 0 });
  });
});

describe('the configuration', () => {
  it('of v1alpha2 is converted', async () => {
    await writeFile(
      join(room, 'imageset.yaml'),
      'apiVersion: mirror.openshift.io/v1alpha2\nkind: ImageSetConfiguration\nstorageConfig:\n  local: { path: /x }\nmirror:\n  additionalImages:\n    - name: quay.io/acme/a:v1\n',
    );
    const { exitCode, stderr } = await toDisk();
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('storageConfig is dropped'),
    });
  });

  it('that oc-mirror would not load is refused by line', async () => {
    await writeFile(join(room, 'imageset.yaml'), 'kind: ImageSetConfiguration\nmirror:\n  images: []\n');
    const { exitCode, stderr } = await toDisk();
    expect(exitCode).toBe(3);
    expect(stderr).toContain('imageset.yaml:3: mirror.images');
  });
});

describe('archives', () => {
  it('of an earlier run are kept, and a new one has only what is new', async () => {
    expect(await toDisk()).toMatchObject({ exitCode: 0 });
    expect(await archive()).toBe('quay.io/acme/a:v1\n');
    await write('a', 'b');
    const second = await toDisk(['--incremental-mode=true'], { OC_MIRROR_NOW: '2027-01-01T00:00:00Z' });
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toMatch(/^the archives of the run before are kept in disk\/archives\/\d{8}T\d{6}Z$/mu);
    expect(second.stderr).toMatch(/^baseline: the run of 20\d\d-/mu);
    expect(await archive()).toBe('quay.io/acme/b:v1\n');
    const [directory = ''] = await kept();
    expect(await archive(`disk/archives/${directory}`)).toBe('quay.io/acme/a:v1\n');
  });

  it('are kept by a dry run, too, where they are', async () => {
    await toDisk();
    const { exitCode, stderr } = await toDisk(['--dry-run']);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('oc-mirror: a dry run; 1 image in disk/working-dir/dry-run/mapping.txt'),
    });
    expect(await archive()).toBe('quay.io/acme/a:v1\n');
    expect(await kept()).toEqual([]);
  });

  it('build on the newest run on or before the day, or on none', async () => {
    await toDisk([], { OC_MIRROR_NOW: '2026-11-10T12:00:00Z' });
    await write('a', 'b');
    await toDisk([], { OC_MIRROR_NOW: '2026-11-20T23:59:59Z' });
    await write('a', 'b', 'c');
    const since = async (day: string) => {
      const { stderr } = await toDisk([`--since-date=${day}`], { OC_MIRROR_NOW: '2026-11-30T00:00:00Z' });
      return [/^baseline: (.*)$/mu.exec(stderr)?.[1], await archive()];
    };
    expect(await since('2026-11-20')).toEqual(['the run of 2026-11-20T23:59:59Z', 'quay.io/acme/c:v1\n']);
    expect(await since('2026-11-19')).toEqual([
      'the run of 2026-11-10T12:00:00Z',
      'quay.io/acme/b:v1\nquay.io/acme/c:v1\n',
    ]);
    expect(await since('2026-11-09')).toEqual([
      'none: there was no run on or before 2026-11-09, so the archive is full',
      'quay.io/acme/a:v1\nquay.io/acme/b:v1\nquay.io/acme/c:v1\n',
    ]);
    const full = await toDisk(['--full']);
    expect(full.stderr).toContain('baseline: none: a full archive was asked for');
    expect(await archive()).toContain('a:v1');
  });

  it('of a run that was killed are set apart, and never taken for whole ones', async () => {
    await mkdir(join(room, 'disk'));
    await writeFile(join(room, 'disk/stop-here'), '');
    const killed = await toDisk();
    expect(killed.exitCode).toBe(4);
    expect(killed.stderr).toContain('it was killed');
    expect(await kept()).toEqual([expect.stringMatching(/-incomplete$/u)]);
    await rm(join(room, 'disk/stop-here'));
    await rm(join(room, 'oc-mirror-cache/.oc-mirror/.cache/in-use'));
    expect(await toDisk()).toMatchObject({ exitCode: 0 });
    expect(await archive()).toBe('quay.io/acme/a:v1\n');
  });

  it('when there are none, from-disk says so', async () => {
    const { exitCode, stderr } = await run(['--workflow=from-disk', '--disk=disk', '--to=registry.example:5000']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('disk has no archives');
  });
});

describe('how it ended', () => {
  it('every bit of the exit code is a sentence; the errors and the list of all of them follow', async () => {
    await writeFile(
      join(room, 'imageset.yaml'),
      'kind: ImageSetConfiguration\nmirror:\n  operators:\n    - catalog: registry.example/missing-index:v4.20\n  additionalImages:\n    - name: quay.io/acme/missing:v1\n    - name: quay.io/acme/a:v1\n',
    );
    const result = join(room, 'failing');
    const { exitCode, stderr } = await run(['--to=registry.example:5000', `--result=FAILING=${result}`]);
    expect(exitCode).toBe(4);
    const error = stderr.slice(stderr.indexOf('error: '));
    expect(error).toContain(
      'error: oc-mirror did not copy everything\n  why: images of operators failed\n       additional images failed\n       0 of 1 operator, 1 of 2 additional\n',
    );
    expect(error).toContain('docker://quay.io/acme/missing:v1');
    expect(error).toContain('all errors: oc-mirror/working-dir/logs/mirroring_errors_20261127_020000.txt');
    expect(await readFile(result, 'utf8')).toBe('2');
  });

  it('a run that ends with 0 although images failed is a failure', async () => {
    await write('a', 'missing');
    const { exitCode, stderr } = await run(['--to=registry.example:5000'], { OC_MIRROR_FORGETS_TO_FAIL: '1' });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('it ended with exit code 0, although 1 image failed');
  });

  it('a failing run leaves the archives of the one before', async () => {
    await toDisk();
    await write('a', 'missing');
    const { exitCode, stderr } = await toDisk();
    expect(exitCode).toBe(4);
    expect(stderr).toContain('oc-mirror writes archives only when nothing fails');
    const [directory = ''] = await kept();
    expect(await archive(`disk/archives/${directory}`)).toBe('quay.io/acme/a:v1\n');
  });

  it('without oc-mirror, op says what to do', async () => {
    const { exitCode, stderr } = await toDisk([], { PATH: '/usr/bin:/bin', OC: '' });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('the program oc-mirror is not installed');
  });
});

describe('two runs at once', () => {
  it('with one cache: the second is refused, or waits', async () => {
    await write('slow');
    const first = run(['--to=registry.example:5000', '--directory=one']);
    const begun = () => readdir(join(room, 'one')).catch(() => []);
    await expect.poll(begun, { timeout: 30_000 }).toContain('working-dir');
    const refused = await run(['--to=registry.example:5000', '--directory=two']);
    expect(refused.exitCode).toBe(6);
    expect(refused.stderr).toContain('lock octopipeline.oc-mirror-cache');
    await write('a');
    const waited = run(['--to=registry.example:5000', '--directory=three', '--wait=1m']);
    await writeFile(join(room, 'one/go-on'), '');
    expect(await first).toMatchObject({ exitCode: 0 });
    expect(await waited).toMatchObject({ exitCode: 0 });
  });
});
