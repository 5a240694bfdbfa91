import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { processesOf, type ReleaseRoom, releaseRoom, type ShownRelease } from './release-room.js';
import { commitFiles } from './repository.js';
import { enter, imageReference, logs, waitForRun } from './rig.js';

const files = {
  'shop.release.ts': `
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { approval, release, tekton } from 'octopipeline/release';

const unique = (name: string) => name + '-' + randomBytes(3).toString('hex');
export default release('shop', ({ environments, phase, call, deploy }) => {
  const build = call('build', {
    run: async ({ directory, release }) => {
      if (existsSync(directory + '/slow')) await pause(5000);
      return { image: 'shop:' + release.name };
    },
  });
  const scan = call('scan', {
    run: tekton({ task: 'scan', files: ['tekton/scan.yaml'], results: ['score'] }, { params: { image: build.output.image } }),
  });
  phase('build', [build]);
  phase('scan', [scan]);
  for (const type of ['dev', 'prod']) {
    phase(type, environments().where({ type }).map((environment) => deploy(environment, {
      inputs: { image: build.output.image, score: scan.output.score },
      gates: type === 'prod' ? [approval()] : [],
      up: async ({ inputs, exec, release }) => {
        const name = unique('up-' + environment.name + '-' + release.name);
        await exec('kubectl', ['create', 'configmap', name, '--from-literal=image=' + inputs.image + ' ' + inputs.score]);
      },
      down: ({ exec }) => exec('kubectl', ['create', 'configmap', unique('down-' + environment.name)]).then(() => undefined),
    })));
  }
});
`,
  'environments.release.ts': `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => {
  registerEnvironment('dev', { type: 'dev' });
  registerEnvironment('prod', { type: 'prod' });
});
`,
  'cafe.ocu.star': `
ocuroot("0.3.0")

load("lib/kubernetes.star", "note")

def bake(ctx):
    return done(outputs = {"image": "cafe:" + str(ctx.inputs.batch)})

task(bake, name = "bake", inputs = {"batch": 7})

def up(environment, image):
    return next(note, inputs = {"name": "up-cafe-" + environment["name"], "image": image})

def down(environment, image):
    return next(note, inputs = {"name": "down-cafe-" + environment["name"], "image": image})

phase("all", work = [
    deploy(environment = e, up = up, down = down, inputs = {"image": ref("./task/bake#output/image")})
    for e in environments()
])
`,
  'lib/kubernetes.star': `
def note(name, image):
    unique = shell("od -An -N3 -tx1 /dev/urandom | tr -d ' '", mute = True).stdout.strip()
    shell("kubectl create configmap $NAME --from-literal=image=$IMAGE", env = {"NAME": name + "-" + unique, "IMAGE": image})
`,
};

let room: ReleaseRoom;

const scanTask = (image: string) =>
  stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 'scan' },
    spec: {
      params: [{ name: 'image' }],
      results: [{ name: 'score' }],
      steps: [
        {
          name: 'scan',
          image,
          command: ['node'],
          args: ['--eval', 'require("node:fs").writeFileSync(process.argv[1], "7")', '$(results.score.path)'],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
    },
  });

beforeAll(async () => {
  room = await releaseRoom({ ...files, 'tekton/scan.yaml': scanTask(await imageReference()) });
});
afterAll(() => room?.dispose());

const release = async (file: string, revision = 'main', more = {}) =>
  room.ended(await room.begin('release', { file, revision, ...more }));
const done = async () => (await room.noted(/^(up|down)-/u)).map(({ what }) => what);

/** How the runs of an item ended. */
const endsOf = ({ runs }: ShownRelease, item: string) => runs.flatMap((run) => (run.item === item ? run.status : []));

/** Kills the container in which the slow build runs, as the kernel does when memory is short. */
async function killBuild(): Promise<void> {
  const ofItem = async () => {
    const found = await processesOf(room.ci, '-r2-task-build-call-1-', 'release-item');
    const running = found.some(({ command }) => !command.includes('/entrypoint'));
    return running ? found.find(({ command }) => command.includes('/entrypoint'))?.pid : undefined;
  };
  await expect.poll(ofItem, { timeout: 60_000, interval: 300 }).toBeDefined();
  process.kill((await ofItem()) ?? process.pid, 'SIGKILL');
}

test('a release with approval, down, rollback and hold; two works at once; a pod that is killed', async () => {
  const { begin, ended, person } = room;
  const shop = room.packageOf('shop.release.ts');
  const file = 'environments.release.ts';
  const refused = await begin('release', { file, revision: 'main' });
  expect(await waitForRun(refused)).toMatchObject({ succeeded: false });
  expect(await logs(refused)).toContain('environments.release.ts may not make environments');
  await release(file, 'main', { 'environments-file': file });
  const first = await release('shop.release.ts');
  expect(first).toContain(`op approve ${shop}/@r1/deploy/prod`);
  expect(await done()).toEqual(['up-dev-r1']);
  // The ServiceAccount of items has no right to the stores.
  const account = `--as=system:serviceaccount:${room.ci}:octopipeline-release-item`;
  const asked = ['auth', 'can-i', 'list', 'configmaps', account, `--namespace=${room.state}`];
  expect((await enter('kubectl', asked, { mayFail: true })).stdout).toContain('no');

  await person('approve', `${shop}/@r1/deploy/prod`);
  for (const run of await Promise.all([begin('work'), begin('work')])) await ended(run);
  expect(await done()).toEqual(['up-dev-r1', 'up-prod-r1']);
  expect(await room.shown('shop.release.ts', 1)).toMatchObject({ standing: 'complete' });

  // A new commit, whose build is killed once.
  const commit = await commitFiles(room.repository, { slow: '' });
  const second = await begin('release', { file: 'shop.release.ts', revision: commit });
  await killBuild();
  await ended(second);
  const afterKill = await room.shown('shop.release.ts', 2);
  expect(endsOf(afterKill, 'task/build')).toEqual(['lost', 'complete']);
  expect(endsOf(afterKill, 'deploy/dev')).toEqual(['complete']);

  await person('release', 'rollback', shop, '--environment=dev', '--to=r1', '--hold');
  await person('environment', 'remove', 'prod');
  await ended(await begin('work'));
  expect((await done()).toSorted()).toEqual(['down-prod', 'up-dev-r1', 'up-dev-r1', 'up-dev-r2', 'up-prod-r1']);
  // The same commit again is no other release.
  expect(await release('shop.release.ts', commit)).toContain(`go on with ${shop}/@r2`);
});

test('a release in Starlark runs in pods, as one in TypeScript does', async () => {
  const made = await release('cafe.ocu.star');
  expect(made).toContain('cafe.ocu.star/@r1');
  expect(await done()).toContain('up-cafe-dev');
});
