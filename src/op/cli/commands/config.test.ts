import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let directory: string;

beforeAll(async () => {
  op = await bundledOp(['git']);
  directory = await mkdtemp(join(op.home, 'config-'));
  await writeFile(
    join(directory, 'x.properties'),
    'SKAFFOLD_PROFILE=fast\nREGISTRY_PASSWORD=hunter2\nMIRROR=https://u:x@hunter3@r.io\nPROXY_PASS=hunter4\nDB_PWD=hunter5\nSIGNING_KEY=hunter6\n',
  );
  await writeFile(join(directory, '.registry'), 'local: localhost:5001\nci:\n  - ghcr.io/${OWNER}\n');
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await op.dispose();
});

describe('op config', () => {
  it('shows each value and its origin, but no secrets', async () => {
    const ran = await op.run(directory, ['--config', 'x.properties', 'config', '--namespace=shop'], {
      PROMOTE_SOURCE_REPOSITORY: 'p.io',
    });
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toMatch(/^SKAFFOLD_DEFAULT_REPO +localhost:5001 +\.registry:1$/mu);
    expect(ran.stdout).toMatch(/^SKAFFOLD_PROFILE +fast +x\.properties:1$/mu);
    expect(ran.stdout).toMatch(/^SKAFFOLD_NAMESPACE +shop +--namespace$/mu);
    expect(ran.stdout).toMatch(/^PROMOTE_SOURCE_REPOSITORY +p\.io +environment$/mu);
    expect(ran.stdout).toMatch(/^GOOGLE_GKE_IMAGE_REPOSITORY +- +not set$/mu);
    expect(ran.stdout).toMatch(/^\.registry ci +ghcr\.io\/\$\{OWNER\} +\.registry:3$/mu);
    expect(ran.stdout).not.toMatch(/hunter/u);
  });

  it('prints JSON, and reads the properties file that the environment names', async () => {
    const env = { OCTOPILOT_PIPELINE_PROPERTIES: join(directory, 'x.properties') };
    const ran = await op.run(directory, ['config', '--output=json'], env);
    const rows: { key: string; value: string; origin: string }[] = JSON.parse(ran.stdout);
    expect(rows).toContainEqual({ key: 'REGISTRY_PASSWORD', value: '***', origin: 'x.properties:2' });
    expect(rows).toContainEqual({ key: 'SKAFFOLD_DEFAULT_REPO', value: 'localhost:5001', origin: '.registry:1' });
    expect(ran.stdout).not.toMatch(/hunter/u);
  });
});

describe('the store in op config', () => {
  it.each([
    [{}, 'cluster', 'default'],
    [{ OP_STORE: 'directory:/var/lib/shop' }, 'directory:/var/lib/shop', 'environment'],
    [{ OP_STORE: 'git:https://h.io/shop.git#store' }, 'git:https://h.io/shop.git#store', 'environment'],
    [{ OP_STORE: 'git:https://ann:pw@h.io/shop.git' }, 'git:https://***@h.io/shop.git', 'environment'],
  ])('with %j is %s', async (env, value, origin) => {
    const ran = await op.run(directory, ['config', '--output=json'], env);
    expect(JSON.parse(ran.stdout)).toContainEqual({ key: 'OP_STORE', value, origin });
  });
});

describe('op config --output=', () => {
  it('prints text when the flag is empty, as for a param that is not set', async () => {
    const ran = await op.run(directory, ['config', '--output=']);
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toMatch(/^KEY +VALUE +ORIGIN$/mu);
  });
});

describe('op with a closed output pipe', () => {
  it('ends as with an open one', async () => {
    const script = '{ "$0" "$1" config; echo "ended with $?" >&2; } | true';
    const env = { PATH: process.env.PATH ?? '' };
    const options = { cwd: directory, env, extendEnv: false, reject: false };
    const ran = await execa('sh', ['-c', script, process.execPath, op.file], options);
    expect(ran.stderr).toBe('ended with 0');
  });
});

describe('op version', () => {
  it('prints what op --version prints', async () => {
    const [word, flag] = await Promise.all([op.run(directory, ['version']), op.run(directory, ['--version'])]);
    expect(word.stdout).toMatch(/^op version \d+\.\d+\.\d+/u);
    expect(flag.stdout).toBe(word.stdout);
  });
});
