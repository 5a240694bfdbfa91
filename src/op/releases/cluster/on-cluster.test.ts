import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type KubernetesApi,
  kubernetesPath,
  missingTools,
  startKubernetesApi,
} from '../../../../test/op/kubernetes-api.js';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';
import {
  type ItemTaskRun,
  nameOfWork,
  playTaskRuns,
  type TaskRunPlay,
} from '../../../../test/op/releases/task-runs.js';
import { tektonCrd } from '../../../../test/op/tekton-crd.js';
import { pack } from './packed.js';

const namespace = 'shop';
const shop = `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { approval, release, tekton } from 'octopipeline/release';

const note = (...words) => appendFileSync(join(process.env.HOME, 'log'), words.join(' ') + '\\n');
note('evaluate');
export default release('shop', ({ environments, phase, call, deploy }) => {
  const build = call('build', { run: ({ release }) => (note('build'), { image: 'shop:' + release.name }) });
  phase('build', [build]);
  phase('test', [
    call('scan', {
      run: tekton(
        { task: 'scan', files: ['tekton/scan.yaml'], results: ['score'] },
        { params: { image: build.output.image }, serviceAccount: 'scanner', timeout: '5m' },
      ),
    }),
    call('unit', { run: () => note('unit') }),
  ]);
  for (const type of ['dev', 'prod']) {
    phase(type, environments().where({ type }).map((environment) => deploy(environment, {
      inputs: { image: build.output.image },
      gates: type === 'prod' ? [approval()] : [],
      up: ({ inputs }) => (note('up', environment.name, inputs.image), { url: environment.name + '.example.com' }),
      down: () => note('down', environment.name),
    })));
  }
});
`;
const files = {
  'shop.release.mjs': shop,
  'environments.release.mjs': `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => {
  registerEnvironment('dev', { type: 'dev' });
  registerEnvironment('prod', { type: 'prod' });
});
`,
  'large.release.mjs': `
import { release } from 'octopipeline/release';
export default release('large', ({ phase, call }) => {
  phase('all', [call('large', { run: () => ({ text: Array.from({ length: 9000 }, () => Math.random()).join() .slice(0, 60000) }) })]);
});
`,
  'broken.release.mjs': 'throw new Error("it is broken");\n',
  'tekton/scan.yaml': `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: scan }
spec:
  params: [{ name: image }]
  results: [{ name: score }]
  steps: [{ name: scan, image: busybox, command: [scan], args: ["$(params.image)"] }]
`,
};

describe.skipIf(missingTools.length > 0)('releases on a cluster, against a real API server', () => {
  let server: KubernetesApi;
  let box: ReleaseSandbox;
  let play: TaskRunPlay;
  let commit: string;
  beforeAll(async () => {
    [server, box] = await Promise.all([startKubernetesApi(), releaseSandbox(undefined, { PATH: kubernetesPath })]);
    await server.kubectl(['create', 'namespace', namespace]);
    for (const [plural, kind] of [
      ['taskruns', 'TaskRun'],
      ['pipelineruns', 'PipelineRun'],
    ] as const) {
      await server.kubectl(['apply', '--filename=-'], JSON.stringify(tektonCrd(plural, kind)));
      await server.kubectl(['wait', '--for=condition=Established', `crd/${plural}.tekton.dev`, '--timeout=60s']);
    }
    await box.write(files);
    commit = await box.commit();
    await mkdir(join(box.home, '.kube'));
    await writeFile(join(box.home, '.kube', 'config'), await readFile(server.kubeconfig('admin', namespace), 'utf8'));
    play = await playTaskRuns(server, namespace, box.directory);
  }, 120_000);
  afterAll(async () => {
    await play?.dispose();
    await box?.dispose();
    await server?.stop();
  });

  /** A store and a name of the repository for one test. */
  function worldOf(name: string) {
    const url = `https://git.example.com/acme/${name}.git`;
    const flags = [
      `--url=${url}`,
      `--store=directory:${join(box.home, name)}`,
      '--wait=1s',
      '--service-accounts=scanner',
    ];
    const run = (command: string, ...more: readonly string[]) => box.op('release-worker', command, ...flags, ...more);
    const start = (file: string, ...more: readonly string[]) =>
      run('start', `--file=${file}`, `--revision=${commit}`, ...more);
    const store = `--store=directory:${join(box.home, name)}`;
    const of = `git.example.com/acme/${name}/-/`;
    const own = async () => (await play.all()).filter((one) => nameOfWork(one).includes(of));
    const open = async () => (await own()).filter(({ status }) => status === undefined);
    const runAll = () => play.runAll(of);
    const works = async () => (await own()).map((one) => nameOfWork(one).replaceAll(of, '')).toSorted();
    const must = async (command: string, ...more: readonly string[]) => {
      const ran = await run(command, ...more);
      expect(ran.exitCode, ran.stderr).toBe(0);
      return ran;
    };
    /** Makes the environments, and a release that is planned. */
    const release = async (file = 'shop.release.mjs') => {
      const may = '--environments-file=environments.release.mjs';
      await start('environments.release.mjs', may);
      await runAll();
      await start('environments.release.mjs', may);
      expect(await start(file)).toMatchObject({ exitCode: 5 });
      await runAll();
      const made = await start(file);
      expect(made.exitCode, made.stderr).toBe(0);
      return made;
    };
    const shown = async () =>
      JSON.parse((await box.op('release', 'show', `${of}shop.release.mjs`, store, '--output=json')).stdout);
    return { of, flags, run, start, must, runAll, release, own, open, works, store, shown };
  }
  const ran = async () => (await readFile(join(play.home, 'log'), 'utf8').catch(() => '')).split('\n');
  const noted = async (word: string) => (await ran()).filter((line) => line === word).length;
  const succeed = (one: ItemTaskRun, results: Readonly<Record<string, string>>) =>
    server.kubectl([
      'patch',
      'taskrun',
      one.metadata.name,
      `--namespace=${namespace}`,
      '--type=merge',
      `--patch=${JSON.stringify({
        status: {
          conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }],
          results: Object.entries(results).map(([name, value]) => ({ name, value })),
        },
      })}`,
    ]);

  test('from a commit to all environments: each item is a TaskRun, and none of its code runs in the worker', async () => {
    const world = worldOf('whole');
    const made = await world.release();
    expect(made.stderr).toContain('release git.example.com/acme/whole/-/shop.release.mjs/@r1');
    expect(await world.works()).toContain('shop.release.mjs/@r1/task/build call 1');
    const [build] = await world.open();
    expect(build).toMatchObject({
      metadata: { labels: { 'octopipeline/release-item': 'function' } },
      spec: {
        taskRef: { name: 'release-item' },
        serviceAccountName: 'octopipeline-release-item',
        timeout: '3600s',
        params: expect.arrayContaining([{ name: 'revision', value: commit }]),
      },
    });
    expect(build?.metadata.name).toMatch(/^release-[a-z0-9-]*r1-task-build-call-1-[0-9a-f]{10}$/u);
    // A second trigger is no second run, and neither is work while it goes on.
    const before = await world.works();
    expect((await world.start('shop.release.mjs')).stderr).toContain('go on with');
    await world.must('work');
    expect(await world.works()).toEqual(before);

    await world.runAll();
    await world.must('work');
    const second = await world.open();
    expect(second.map((one) => nameOfWork(one).replace(world.of, '')).toSorted()).toEqual([
      'shop.release.mjs/@r1/task/scan call 1',
      'shop.release.mjs/@r1/task/unit call 1',
    ]);
    const scan = second.find(({ spec }) => spec.taskSpec !== undefined);
    expect(scan?.spec).toMatchObject({
      taskSpec: { results: [{ name: 'score' }] },
      serviceAccountName: 'scanner',
      timeout: '5m',
      params: [{ name: 'image', value: 'shop:r1' }],
    });
    if (scan !== undefined) await succeed(scan, { score: '7', other: 'x' });
    await world.runAll();
    await world.must('work');
    await world.runAll();
    const waiting = await world.must('work');
    expect(waiting.stdout).toContain('op approve git.example.com/acme/whole/-/shop.release.mjs/@r1/deploy/prod');
    await box.must('approve', `${world.of}shop.release.mjs/@r1/deploy/prod`, world.store);
    await world.must('work');
    await world.runAll();
    await world.must('work');
    const { standing, runs } = await world.shown();
    expect(standing).toBe('complete');
    expect(runs.find(({ item }: { item: string }) => item === 'task/scan').output).toEqual({ score: '7' });
    expect(runs.find(({ item }: { item: string }) => item === 'deploy/dev').output).toEqual({ url: 'dev.example.com' });
    expect(await ran()).toEqual(expect.arrayContaining(['build', 'unit', 'up dev shop:r1', 'up prod shop:r1']));
    await expect(readFile(join(box.home, 'log'))).rejects.toThrow('ENOENT');

    await box.must('environment', 'remove', 'dev', world.store);
    await world.must('work');
    await world.runAll();
    await world.must('work');
    expect(await noted('down dev')).toBe(1);
    expect((await world.must('work')).stderr).toContain('nothing is left to do');
  }, 280_000);

  test('of two workers at once, and of one on a laptop besides, each item is started by one', async () => {
    const world = worldOf('two');
    await world.release();
    await world.runAll();
    const [one, two] = await Promise.all([world.run('work'), world.run('work')]);
    expect([one?.exitCode, two?.exitCode], `${one?.stderr}${two?.stderr}`).toEqual([0, 0]);
    expect((await world.works()).filter((name) => /scan|unit/u.test(name))).toEqual([
      'shop.release.mjs/@r1/task/scan call 1',
      'shop.release.mjs/@r1/task/unit call 1',
    ]);
    await box.git('remote', 'set-url', 'origin', 'https://git.example.com/acme/two.git');
    const laptop = await box.op('work', 'any', world.store);
    await box.git('remote', 'set-url', 'origin', 'https://git.example.com/acme/shop.git');
    expect(laptop).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('somebody else is at it') });
    expect((await world.shown()).runs).toHaveLength(3);
  }, 280_000);

  test('a run whose pod died is taken up again, twice; then it has failed, until somebody says retry', async () => {
    const world = worldOf('lost');
    await world.release();
    for (const number of [1, 2, 3]) {
      const [build] = await world.open();
      expect(build && nameOfWork(build)).toBe(`${world.of}shop.release.mjs/@r1/task/build call ${number}`);
      if (build === undefined) return;
      if (number === 2) await server.kubectl(['delete', 'taskrun', build.metadata.name, `--namespace=${namespace}`]);
      else await play.end(build, { exitCode: 137 });
      const worked = await world.run('work');
      expect(worked.exitCode, worked.stderr).toBe(number === 3 ? 4 : 0);
      if (number === 3) expect(worked.stderr).toContain('it ended without a result 3 times');
    }
    const { runs, standing } = await world.shown();
    expect([standing, ...runs.map(({ status }: { status: string }) => status)]).toEqual([
      'failed',
      'lost',
      'lost',
      'failed',
    ]);
  }, 280_000);

  test('what a pod says is believed only as far as it can be checked', async () => {
    const world = worldOf('hostile');
    await world.release();
    const bomb = gzipSync(Buffer.alloc(3_000_000, ' ')).toString('base64url');
    const complete = pack({ is: 'complete', output: { image: 'x' } });
    const lies: readonly (readonly [string, Parameters<TaskRunPlay['end']>[1]])[] = [
      ['garbage', { commit, answer: '../../etc', exitCode: 0 }],
      ['a bomb', { commit, answer: bomb, exitCode: 0 }],
      ['another shape', { commit, answer: pack({ is: 'complete', output: 'text' }), exitCode: 0 }],
      ['a log that is not there', { commit, answer: `sha256:${'0'.repeat(64)}`, exitCode: 0 }],
      ['another commit', { commit: '0'.repeat(40), answer: complete, exitCode: 0 }],
      ['success of a step that failed', { commit, answer: complete, exitCode: 1 }],
    ];
    for (const [what, said] of lies) {
      const [build] = await world.open();
      if (build === undefined) throw new Error(`no TaskRun for ${what}`);
      await play.end(build, said);
      expect(await world.run('work'), what).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('task/build: failed'),
      });
      await box.must('release', 'retry', `${world.of}shop.release.mjs`, world.store, '--later');
      await world.must('work');
    }
  }, 280_000);

  test('workers that are killed with SIGKILL at any moment start no item twice, and it all finishes', async () => {
    const world = worldOf('kills');
    await world.release();
    const approve = () => box.op('approve', `${world.of}shop.release.mjs/@r1/deploy/prod`, world.store);
    for (let round = 0; round < 8; round += 1) {
      const kill = box.start('release-worker', 'work', ...world.flags);
      await pause(300 + Math.floor(Math.random() * 1200));
      await kill();
      await finishAll(world);
      await approve();
    }
    for (let round = 0; round < 8; round += 1) {
      await world.must('work');
      await finishAll(world);
      await approve();
    }
    expect((await world.must('work')).stderr).toContain('nothing is left to do');
    expect((await world.shown()).standing).toBe('complete');
    const started = (await world.works())
      .filter((name) => !name.includes(' plan '))
      .map((name) => name.replace(/ \d+$/u, ''));
    expect(started).toEqual([
      'shop.release.mjs/@r1/deploy/dev up',
      'shop.release.mjs/@r1/deploy/prod up',
      'shop.release.mjs/@r1/task/build call',
      'shop.release.mjs/@r1/task/scan call',
      'shop.release.mjs/@r1/task/unit call',
    ]);
  }, 280_000);

  async function finishAll(world: ReturnType<typeof worldOf>): Promise<void> {
    await world.runAll();
    for (const one of await world.open()) await succeed(one, { score: '1' });
  }

  test('what cannot be planned, or is too large to hand on, is told with its reason', async () => {
    const world = worldOf('told');
    await world.start('broken.release.mjs');
    await world.runAll();
    expect(await world.start('broken.release.mjs')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('it is broken'),
    });
    await world.start('large.release.mjs');
    await world.runAll();
    await world.start('large.release.mjs');
    await world.runAll();
    const large = await world.run('work');
    expect(large).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('more than a result can hand on') });

    // A release whose plan says that it is of another repository, or names what cannot be read, is not made.
    await world.start('shop.release.mjs');
    const [planning] = await world.open();
    const item = { key: 'task/build', inputs: { image: { ref: 'no reference' } }, gates: [] };
    const plan = { name: 'shop', environments: [], phases: [{ name: 'build', items: [item] }] };
    const answer = pack({ is: 'planned', plan, registered: [] });
    if (planning !== undefined) await play.end(planning, { commit, answer, exitCode: 0 });
    const refused = await world.start('shop.release.mjs');
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('has no valid reference') });
  }, 280_000);

  test('a file adds environments where the platform says so, and changes none that is there', async () => {
    const world = worldOf('owners');
    const file = 'environments.release.mjs';
    const may = `--environments-file=${file}`;
    /** Starts the file, ends its plan with these environments, and starts it again. */
    const registering = async (file: string, registered: object, ...more: readonly string[]) => {
      // Another commit is another plan.
      const commit = await box.commit();
      const revision = `--revision=${commit}`;
      await world.run('start', `--file=${file}`, revision, ...more);
      const [planning] = await world.open();
      if (planning === undefined) throw new Error(`${file} is not planned`);
      const plan = { name: 'environments', environments: [], phases: [] };
      await play.end(planning, { commit, answer: pack({ is: 'planned', plan, registered } as never), exitCode: 0 });
      return world.run('start', `--file=${file}`, revision, ...more);
    };
    const wanted = async () => JSON.parse(await box.must('environment', 'list', world.store, '--output=json'));
    const prod = { name: 'prod', attributes: { type: 'prod' } };
    for (const more of [[], [may.replace('=', '=deploy/')]]) {
      expect(await registering(file, [prod], ...more)).toMatchObject({
        exitCode: 6,
        stderr: expect.stringContaining(`${world.of}${file} may not make environments`),
      });
    }
    expect(await wanted()).toEqual([]);
    expect(await registering(file, [prod], may)).toMatchObject({ exitCode: 0 });
    expect(await registering('shop.release.mjs', [prod], may)).toMatchObject({ exitCode: 6 });

    const evil = { name: 'prod', attributes: { type: 'prod', server: 'https://evil.example' } };
    expect(await registering(file, [{ name: 'test', attributes: {} }, evil], may)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('server is not there, and would be "https://evil.example"'),
    });
    const title = { name: '../\u001b]0;owned\u0007', attributes: {} };
    expect(await registering(file, [title], may)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('is not a name of an environment'),
    });
    expect(await wanted()).toMatchObject([{ name: 'prod', standing: 'there', attributes: { type: 'prod' } }]);
  }, 280_000);
});
