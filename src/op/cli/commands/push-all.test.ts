import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  freePort,
  type LocalRegistry,
  startPasswordRegistry,
  startRegistry,
} from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registries: LocalRegistry[];
let repository: SampleRepository;

beforeAll(async () => {
  op = await bundledOp();
  registries = await Promise.all([startRegistry(), startRegistry(), startRegistry(), startPasswordRegistry()]);
});
afterAll(() => Promise.all([op.dispose(), ...registries.map(({ stop }) => stop())]));
beforeEach(async () => {
  repository = await makeSampleRepository();
});
afterEach(() => repository.remove());

const crane = (...args: string[]) =>
  execFileSync('crane', args, {
    env: withTools(['crane']),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const host = (index: number) => registries[index]?.host ?? '';
const push = (...args: string[]) => op.run(repository.directory, ['push', '--destination=ci', '--push-all', ...args]);
const digests = async (): Promise<string[]> => {
  const { builds } = JSON.parse(await readFile(join(repository.directory, 'build_result.json'), 'utf8'));
  return builds.map(({ tag }: { tag: string }) => tag.split('@')[1]);
};

describe('op push --push-all', () => {
  it('copies every image to every other ci registry, with the same digest and tag', async () => {
    await repository.write({ '.registry': `ci:\n  - ${host(0)}/acme\n  - url: ${host(1)}/bob\n  - ${host(2)}\n` });
    repository.commit();
    const tag = repository.git('rev-parse', '--short', 'HEAD');
    const ran = await push();
    expect(ran.exitCode).toBe(0);
    for (const target of [`${host(1)}/bob`, host(2)]) {
      expect(['base', 'team_app'].map((name) => crane('digest', `${target}/${name}:${tag}`))).toEqual(await digests());
      expect(crane('ls', `${target}/team_app`)).toBe(tag);
    }
    const again = await push();
    expect(again.exitCode).toBe(0);
    expect(again.stderr.match(/already up to date: /gu)).toHaveLength(4);
    expect(again.stderr).not.toContain('copied: ');
  });

  it('keeps a tag that is the time of the build', async () => {
    const yaml = await readFile(join(repository.directory, 'skaffold.yaml'), 'utf8');
    await repository.write({
      'skaffold.yaml': yaml.replace('inputDigest', 'dateTime'),
      '.registry': `ci: [${host(0)}/time, ${host(1)}/time]\n`,
    });
    const ran = await push('--profile=staging');
    expect(ran.exitCode).toBe(0);
    expect(crane('ls', `${host(1)}/time/base`)).toBe(crane('ls', `${host(0)}/time/base`));
  });

  it('does not take a Git tag from another image, unless it rebuilds', async () => {
    await repository.write({ '.registry': `ci: [${host(0)}/release, ${host(1)}/release]\n` });
    repository.commit();
    repository.git('tag', 'v1.2.3');
    crane('append', '--oci-empty-base', '-f', '/dev/null', '-t', `${host(1)}/release/base:v1.2.3`);
    const other = crane('digest', `${host(1)}/release/base:v1.2.3`);
    const ran = await push();
    expect([ran.exitCode, ran.stderr]).toEqual([
      6,
      expect.stringContaining(`error: ${host(1)}/release/base:v1.2.3 exists, and a copy would replace it`),
    ]);
    expect(crane('digest', `${host(1)}/release/base:v1.2.3`)).toBe(other);
    expect(crane('digest', `${host(1)}/release/team_app:v1.2.3`)).toBe(
      crane('digest', `${host(0)}/release/team_app:v1.2.3`),
    );
    expect((await push('--rebuild')).exitCode).toBe(0);
    expect(crane('digest', `${host(1)}/release/base:v1.2.3`)).not.toBe(other);
  });

  it('lists each copy that failed, and completes the others', async () => {
    const nowhere = `localhost:${await freePort()}`;
    await repository.write({
      '.registry': `ci: [${host(0)}/part, ${host(3)}/part, ${nowhere}/part, ${host(1)}/part]\n`,
    });
    repository.commit();
    const tag = repository.git('rev-parse', '--short', 'HEAD');
    const ran = await push();
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('error: 4 of 6 copies failed; the images are pushed to the first registry');
    expect(ran.stderr).toContain(`${nowhere}/part/base:${tag}`);
    expect(ran.stderr).toContain('401 Unauthorized');
    expect(['base', 'team_app'].map((name) => crane('digest', `${host(1)}/part/${name}:${tag}`))).toEqual(
      await digests(),
    );
  });

  it('copies to local and ci for the destination all', async () => {
    await repository.write({ '.registry': `local: ${host(0)}/one\nci: [${host(1)}/two]\n` });
    repository.commit();
    const ran = await op.run(repository.directory, ['push', '--destination=all']);
    expect(ran.exitCode).toBe(0);
    expect(crane('catalog', host(1))).toContain('two/team_app');
  });

  it('reports when there is no other registry', async () => {
    await repository.write({ '.registry': `ci: [${host(0)}/alone]\n` });
    const ran = await push();
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain('.registry names no other ci registry: nothing to copy');
  });
});
