import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createCatalog } from '../../src/catalog.js';
import { type KubernetesApi, kubernetesPath, missingTools, startKubernetesApi } from '../../test/op/kubernetes-api.js';
import { gatedItem, gatedShop } from '../../test/op/releases/gated-shop.js';
import { type ReleaseSandbox, releaseSandbox } from '../../test/op/releases/sandbox.js';

const [state, intent] = ['shop', 'shop-intent'];

/** Who has which Role where, as docs/releases.md says. */
const bindings = [
  ['worker', 'octopipeline-release-worker', state],
  ['worker', 'octopipeline-release-approver', intent],
  ['ann', 'octopipeline-release-viewer', state],
  ['ann', 'octopipeline-release-approver', intent],
  ['bob', 'octopipeline-release-viewer', state],
  ['bob', 'octopipeline-release-viewer', intent],
] as const;
type Person = (typeof bindings)[number][0];

describe.skipIf(missingTools.length > 0)('the Roles for releases, on a real API server', () => {
  let server: KubernetesApi;
  let box: ReleaseSandbox;
  beforeAll(async () => {
    [server, box] = await Promise.all([startKubernetesApi(), releaseSandbox(undefined, { PATH: kubernetesPath })]);
    await box.write(gatedShop);
    await box.commit();
    const roles = createCatalog({}).files().get('optional/releases.yaml') ?? '';
    for (const namespace of [state, intent]) {
      await server.kubectl(['create', 'namespace', namespace]);
      await server.kubectl(['apply', `--namespace=${namespace}`, '--filename=-'], roles);
    }
    for (const [user, role, namespace] of bindings) {
      const name = `--namespace=${namespace}`;
      await server.kubectl(['create', 'rolebinding', `${user}-${role}`, `--role=${role}`, `--user=${user}`, name]);
    }
    await mkdir(join(box.home, '.kube'));
  }, 120_000);
  afterAll(async () => {
    await box?.dispose();
    await server?.stop();
  });

  /** From here on, op acts as this user. */
  async function become(user: Person): Promise<void> {
    const config = parse(await readFile(server.kubeconfig('admin'), 'utf8'));
    config.users[0].user.as = user;
    await writeFile(join(box.home, '.kube', 'config'), stringify(config));
  }
  const flags = ['--store=cluster', `--namespace=${state}`, `--intent-store=cluster:${intent}`];
  const must = (...args: readonly string[]) => box.must(...args, ...flags);
  const ran = async () => (await readFile(join(box.home, 'log'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const pathsIn = async (namespace: string) => {
    const selector = '--selector=app.kubernetes.io/component=store-document';
    const { items } = JSON.parse(
      await server.kubectl(['get', 'configmaps', `--namespace=${namespace}`, selector, '--output=json']),
    );
    return items.map(({ data }: { data: { path: string } }) => data.path);
  };

  test('a worker makes releases and runs them, an approver decides without a right to state, and a viewer only looks', async () => {
    await become('worker');
    await must('release', 'new', 'environments.release.mjs');
    expect(await must('release', 'new', 'shop.release.mjs')).toContain(`op approve ${gatedItem}`);

    await become('bob');
    expect(JSON.parse(await must('status', '--output=json')).waiting).toMatchObject([{ kind: 'approval' }]);
    const refused = await box.op('approve', gatedItem, ...flags);
    const grant = '--role=octopipeline-release-approver --user=bob --namespace=shop-intent';
    expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining(grant) });

    await become('ann');
    await must('approve', gatedItem, '--reason=looks good');
    await must('state', 'set', '@/custom/size', '3');
    const work = await box.op('work', 'any', ...flags);
    expect(work).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('ann has no right') });
    expect(work.stderr).toContain('--role=octopipeline-release-worker --user=ann --namespace=shop');
    expect(await ran()).toEqual([]);

    await become('worker');
    await Promise.all([must('work', 'any'), must('work', 'any')]);
    expect(await ran()).toEqual(['up dev shop:r1']);
    expect(await pathsIn(state)).toContainEqual(expect.stringMatching(/^releases\/packages\//u));
    expect((await pathsIn(state)).filter((path: string) => path.startsWith('releases/intent/'))).toEqual([]);
    expect((await pathsIn(intent)).filter((path: string) => !path.startsWith('releases/intent/'))).toEqual([]);

    await become('ann');
    await must('environment', 'remove', 'dev');
    await become('worker');
    await must('work', 'any');
    expect(await ran()).toEqual(['up dev shop:r1', 'down dev']);
    expect(JSON.parse(await must('status', '--output=json'))).toMatchObject({ deployments: [], waiting: [] });
  }, 280_000);

  test('who only looks sees a release whose maker was killed before it could list it, and writes nothing', async () => {
    await become('worker');
    await must('release', 'new', 'environments.release.mjs');
    await must('release', 'new', 'shop.release.mjs', '--force');
    const ofPackage = async () => {
      const selector = '--selector=app.kubernetes.io/component=store-document';
      const args = ['get', 'configmaps', `--namespace=${state}`, selector, '--output=json'];
      const { items } = JSON.parse(await server.kubectl(args));
      return items.find(({ data }: { data: { path: string } }) => data.path.startsWith('releases/packages/'));
    };
    const earlier = await ofPackage();
    await must('release', 'new', 'shop.release.mjs', '--force');
    const { metadata } = await ofPackage();
    await server.kubectl(['replace', '--filename=-'], JSON.stringify({ ...earlier, metadata }));
    const before = await ofPackage();

    await become('bob');
    const { newest } = JSON.parse(before.data['document.json']);
    const status = JSON.parse(await must('status', '--output=json'));
    expect(status.ready).toContainEqual(expect.objectContaining({ release: newest + 1, do: 'record' }));
    expect(await must('release', 'list')).toContain(`@r${newest + 1} `);
    expect(await must('release', 'show', 'shop.release.mjs')).toContain(`@r${newest + 1}: open`);
    await must('state', 'view', '--output=status.html');
    expect(await readFile(join(box.directory, 'status.html'), 'utf8')).toContain(`>r${newest + 1}: <`);
    expect(await ofPackage()).toEqual(before);
  }, 280_000);
});
