import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { releaseExample, workExample } from '../../pipelines/examples/release.js';
import { toPipelineRun } from '../../src/tekton/index.js';
import { apply, projectRoot } from './command.js';
import { type HostOp, hostOp } from './host-op.js';
import { commitFiles } from './repository.js';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  enter,
  imageReference,
  kubectl,
  kubectlJson,
  logs,
  type Repository,
  type Run,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';

/** Functions write to ConfigMaps of the namespace as the ServiceAccount of items, so each start of one can be seen. */
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
};

let ci: string;
let state: string;
let intent: string;
let repository: Repository;
let op: HostOp;

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
  [ci, state, intent, op] = await Promise.all([
    createNamespace('release'),
    createNamespace('release-state'),
    createNamespace('release-intent'),
    hostOp(),
  ]);
  await applyDist(ci);
  const roles = await readFile(join(projectRoot, 'dist/optional/releases.yaml'), 'utf8');
  for (const namespace of [state, intent]) await apply(roles, namespace);
  for (const account of ['release', 'work']) {
    const subject = `--serviceaccount=${ci}:octopipeline-${account}`;
    for (const [namespace, role] of [
      [state, 'octopipeline-release-worker'],
      [intent, 'octopipeline-release-approver'],
    ] as const) {
      await kubectl(['create', 'rolebinding', account, `--role=${role}`, subject, `--namespace=${namespace}`]);
    }
  }
  repository = await createRepository(`release-${ci}`, {
    ...files,
    'tekton/scan.yaml': scanTask(await imageReference()),
  });
  const at = `--namespace=${ci}`;
  await kubectl(['create', 'role', 'items', '--verb=create', '--resource=configmaps', at]);
  const items = `--serviceaccount=${ci}:octopipeline-release-item`;
  await kubectl(['create', 'rolebinding', 'items', '--role=items', items, at]);
});
afterAll(async () => {
  await op?.dispose();
  for (const namespace of [ci, state, intent]) await removeNamespace(namespace);
  await removeRepository(repository);
});

const params = (more: object = {}) => ({
  url: repository.url,
  store: `cluster:${state}`,
  'intent-store': `cluster:${intent}`,
  wait: '5m',
  ...more,
});
async function begin(example: typeof releaseExample | typeof workExample, given: object): Promise<Run> {
  const run = toPipelineRun(example);
  const list = Object.entries(given).map(([name, value]) => ({ name, value }));
  return createRun(ci, JSON.stringify({ ...run, spec: { ...run.spec, params: list } }));
}
async function ended(run: Run): Promise<string> {
  const outcome = await waitForRun(run);
  const printed = await logs(run);
  expect(outcome, printed).toMatchObject({ succeeded: true });
  return printed;
}
const release = async (file: string, revision = 'main', more: object = {}) =>
  ended(await begin(releaseExample, params({ file, revision, ...more })));
const work = () => begin(workExample, params());

const stores = () => [`--store=cluster:${state}`, `--intent-store=cluster:${intent}`];
async function person(...args: readonly string[]): Promise<string> {
  const ran = await op.run([...args, ...stores()]);
  expect(ran.exitCode, ran.printed).toBe(0);
  return ran.printed;
}
const shop = () => `${repository.url.replace(/^http:\/\/|\.git$/gu, '')}/-/shop.release.ts`;
const shown = async (number: number) =>
  JSON.parse(await person('release', 'show', `${shop()}/@r${number}`, '--output=json'));
/** How the runs of an item ended. */
const endsOf = (
  release: { readonly runs: readonly { readonly item: string; readonly status: string }[] },
  item: string,
) => release.runs.flatMap((run) => (run.item === item ? run.status : []));

/** What functions did, in the order of their names, without what makes each unique. */
async function done(): Promise<readonly string[]> {
  const at = `--namespace=${ci}`;
  const { items } = await kubectlJson<{ items: readonly { metadata: { name: string } }[] }>(['get', 'configmaps', at]);
  return items.flatMap(({ metadata: { name } }) => /^((?:up|down)-.+)-[0-9a-f]{6}$/u.exec(name)?.[1] ?? []);
}

/** Kills the container in which the slow build runs, as the kernel does when memory is short. */
async function killBuild(): Promise<void> {
  const ofItem = async () => {
    const found = await processesOf('-r2-task-build-call-1-');
    const running = found.some(({ command }) => !command.includes('/entrypoint'));
    return running ? found.find(({ command }) => command.includes('/entrypoint'))?.pid : undefined;
  };
  await expect.poll(ofItem, { timeout: 60_000, interval: 300 }).toBeDefined();
  process.kill((await ofItem()) ?? process.pid, 'SIGKILL');
}

/** The processes of this machine in a pod of this test that run a function. Source: proc(5); a pod's name is its HOSTNAME. */
async function processesOf(item: string) {
  const { items } = await kubectlJson<{ items: readonly { metadata: { name: string } }[] }>([
    'get',
    'pods',
    `--namespace=${ci}`,
  ]);
  const pods = items.flatMap(({ metadata: { name } }) => (name.includes(item) ? `HOSTNAME=${name}` : []));
  const found: { readonly pid: number; readonly command: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const read = (file: string) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const command = await read('cmdline');
    if (!command.includes('release-item')) continue;
    const variables = (await read('environ')).split('\0');
    if (pods.some((pod) => variables.includes(pod))) found.push({ pid: Number(name), command });
  }
  return found;
}

test('a release with approval, down, rollback and hold; two works at once; a pod that is killed', async () => {
  const file = 'environments.release.ts';
  const refused = await begin(releaseExample, params({ file, revision: 'main' }));
  expect(await waitForRun(refused)).toMatchObject({ succeeded: false });
  expect(await logs(refused)).toContain('environments.release.ts may not make environments');
  await release(file, 'main', { 'environments-file': file });
  const first = await release('shop.release.ts');
  expect(first).toContain(`op approve ${shop()}/@r1/deploy/prod`);
  expect(await done()).toEqual(['up-dev-r1']);
  // The ServiceAccount of items has no right to the stores.
  const account = `--as=system:serviceaccount:${ci}:octopipeline-release-item`;
  const asked = ['auth', 'can-i', 'list', 'configmaps', account, `--namespace=${state}`];
  expect((await enter('kubectl', asked, { mayFail: true })).stdout).toContain('no');

  await person('approve', `${shop()}/@r1/deploy/prod`);
  for (const run of await Promise.all([work(), work()])) await ended(run);
  expect(await done()).toEqual(['up-dev-r1', 'up-prod-r1']);
  expect(await shown(1)).toMatchObject({ standing: 'complete' });

  // A new commit, whose build is killed once.
  const commit = await commitFiles(repository, { slow: '' });
  const second = await begin(releaseExample, params({ file: 'shop.release.ts', revision: commit }));
  await killBuild();
  await ended(second);
  const afterKill = await shown(2);
  expect(endsOf(afterKill, 'task/build')).toEqual(['lost', 'complete']);
  expect(endsOf(afterKill, 'deploy/dev')).toEqual(['complete']);

  await person('release', 'rollback', shop(), '--environment=dev', '--to=r1', '--hold');
  await person('environment', 'remove', 'prod');
  await ended(await work());
  expect((await done()).toSorted()).toEqual(['down-prod', 'up-dev-r1', 'up-dev-r1', 'up-dev-r2', 'up-prod-r1']);
  // The same commit again is no other release.
  expect(await release('shop.release.ts', commit)).toContain(`go on with ${shop()}/@r2`);
});
