import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fleet, startFleet, web } from '../../../../test/op/fleet.js';
import type { HostedRepository } from '../../../../test/op/git-host.js';
import { type KubernetesApi, missingTools, startKubernetesApi } from '../../../../test/op/kubernetes-api.js';

describe.skipIf(missingTools.length > 0)('with --lease-holder', () => {
  let fleet: Fleet;
  let server: KubernetesApi;
  beforeAll(async () => {
    [fleet, server] = await Promise.all([startFleet(['git', 'kubectl']), startKubernetesApi()]);
    await server.kubectl(['create', 'namespace', 'shop']);
  });
  afterAll(async () => {
    await Promise.all([fleet?.stop(), server?.stop()]);
  });

  const tipOf = ({ bare }: HostedRepository) =>
    execFileSync('git', ['-C', bare, 'rev-parse', 'main'], { encoding: 'utf8' }).trim();
  const holder = async () => {
    const lease = ['get', 'lease', 'octopipeline-pp-shop', '--namespace=shop', '--ignore-not-found'];
    return server.kubectl([...lease, '--output=jsonpath={.spec.holderIdentity}']);
  };
  const set = (repository: HostedRepository, by: string, ...flags: string[]) =>
    fleet.set(
      repository,
      web,
      `--kubeconfig=${server.kubeconfig('admin')}`,
      '--namespace=shop',
      `--lease-holder=${by}`,
      ...flags,
    );

  test('pushes while it holds the Lease of the environment, and releases it', async () => {
    const repository = await fleet.repository('lease.git');
    const ended = await set(repository, 'ann');
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('octopipeline-pp-shop') });
    expect(ended.stderr).toContain('pushed ');
    expect(await holder()).toBe('');
  });

  test('pushes nothing while another holder has it; the same holder continues', async () => {
    const repository = await fleet.repository('held.git');
    expect(await set(repository, 'ann', '--keep-lease')).toMatchObject({ exitCode: 0 });
    expect(await holder()).toContain('ann');
    const before = tipOf(repository);
    const v3 = await fleet.build('v3');
    const other = await set(repository, 'bob', '--lease-wait=2s', v3);
    expect(other).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('ann') });
    expect(tipOf(repository)).toBe(before);
    expect(await set(repository, 'ann', '--keep-lease=false', v3)).toMatchObject({ exitCode: 0 });
    expect(tipOf(repository)).not.toBe(before);
    expect(await holder()).toBe('');
  });

  test('releases the Lease when it fails', async () => {
    const repository = await fleet.repository('fails.git');
    expect(await set(repository, 'ann', '--branch=nope', '--keep-lease')).toMatchObject({ exitCode: 3 });
    expect(await holder()).toBe('');
  });
});

describe('with --lease-holder and a store in a branch', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(['git']);
  });
  afterAll(() => fleet?.stop());

  test('needs no cluster: the lock of the environment is in the branch, and others wait for it', async () => {
    const [repository, state] = [await fleet.repository('app.git'), await fleet.repository('state.git')];
    const set = (by: string, ...flags: string[]) =>
      fleet.set(repository, web, `--store=git:${state.url}#state`, `--lease-holder=${by}`, ...flags);
    const kept = await set('ann', '--keep-lease');
    expect(kept).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('pushed ') });
    expect(kept.stderr).toContain(`lock octopipeline-pp-shop in branch state-locks of ${state.url}: created and taken`);
    const lock = ['-C', state.bare, 'show', 'state-locks:octopipeline/locks/octopipeline-pp-shop.json'];
    expect(JSON.parse(execFileSync('git', lock, { encoding: 'utf8' }))).toMatchObject({ holder: 'ann', seconds: 900 });
    expect(await set('bob', '--lease-wait=1s')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('held by ann'),
    });
    expect(await set('ann')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('released') });
    expect(await set('bob')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('already up to date') });
  });
});
