import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import type { SettingFlags } from './options.js';
import { readSettings } from './settings.js';

const noFlags: SettingFlags = { destination: 'auto', pushAll: false, profile: [], insecureRegistry: [] };
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'settings-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The configuration of a directory that has every file except those in `without`. */
async function settings(flags: Partial<SettingFlags>, env: Record<string, string>, without: readonly string[] = []) {
  const files: Record<string, string> = {
    'pipeline.properties': 'SKAFFOLD_PROFILE=fast\nSKAFFOLD_DEFAULT_REPO=properties.io/x\n',
    '.registry': 'local: local.io/x\nci: [ci.io/x, other.io/x, CI.io/x]\n',
  };
  for (const [name, content] of Object.entries(files)) {
    if (!without.includes(name)) await writeFile(join(directory, name), content);
  }
  const propertiesFile = without.includes('pipeline.properties') ? undefined : join(directory, 'pipeline.properties');
  const { context } = testContext({ cwd: directory, env, propertiesFile });
  return readSettings(context, { ...noFlags, ...flags }, without.includes('default') ? undefined : 'localhost:5001');
}

describe('the registry', () => {
  const flag = { defaultRepo: 'flag.io/x/' };
  const env = { SKAFFOLD_DEFAULT_REPO: 'env.io/x' };
  const google = { GOOGLE_GKE_IMAGE_REPOSITORY: 'google.io/x' };
  const properties = 'pipeline.properties';

  it.each([
    ['the flag', flag, env, [], 'flag.io/x', '--default-repo'],
    ['the environment', {}, env, [], 'env.io/x', 'environment'],
    ['the properties file', {}, google, [], 'properties.io/x', 'pipeline.properties:2'],
    ['the second variable', {}, google, [properties], 'google.io/x', 'environment'],
    ['.registry', {}, {}, [properties], 'local.io/x', '.registry:1'],
    ['.registry in CI', {}, { GITHUB_ACTIONS: 'true' }, [properties], 'ci.io/x', '.registry:2'],
    ['.registry for a destination', { destination: 'ci' as const }, {}, [properties], 'ci.io/x', '.registry:2'],
    ['the default', {}, {}, [properties, '.registry'], 'localhost:5001', 'default'],
  ])('comes from %s', async (_, flags, variables, without, value, origin) => {
    const { repository } = await settings(flags, variables, without);
    expect(repository).toEqual({
      key: 'SKAFFOLD_DEFAULT_REPO',
      value,
      origin,
      ...(variables === google && without.length > 0 ? { key: 'GOOGLE_GKE_IMAGE_REPOSITORY' } : {}),
    });
  });

  it('is undefined when nothing names one', async () => {
    expect((await settings({}, {}, [properties, '.registry', 'default'])).repository).toBeUndefined();
  });

  it('ignores an empty variable', async () => {
    const { repository } = await settings({}, { SKAFFOLD_DEFAULT_REPO: ' ' }, [properties]);
    expect(repository?.origin).toBe('.registry:1');
  });

  it('is rejected when it is invalid, with its origin', async () => {
    const wrong = settings({}, { SKAFFOLD_DEFAULT_REPO: 'https://ghcr.io' });
    await expect(wrong).rejects.toMatchObject({
      kind: 'input',
      message: '"https://ghcr.io" (environment) is not a registry',
    });
  });

  it('is rejected when the named .registry file is missing, and not read from another', async () => {
    await expect(settings({ registryFile: 'other.yaml' }, {})).rejects.toMatchObject({
      message: 'cannot read other.yaml',
    });
    await writeFile(join(directory, 'other.yaml'), 'local: named.io\n');
    expect((await settings({ registryFile: 'other.yaml' }, {}, [properties])).repository).toMatchObject({
      value: 'named.io',
      origin: 'other.yaml:1',
    });
  });
});

describe('the registries that images are copied to', () => {
  const values = async (flags: Partial<SettingFlags>) =>
    (await settings(flags, {}, ['pipeline.properties'])).copies.map(({ value }) => value);

  it('are none by default', async () => expect(await values({})).toEqual([]));
  it('are all ci entries except the one that is pushed to, each once', async () => {
    expect(await values({ pushAll: true })).toEqual(['ci.io/x', 'other.io/x']);
    expect(await values({ pushAll: true, defaultRepo: 'ci.io/x' })).toEqual(['other.io/x']);
  });
  it('are all other entries for the destination all', async () => {
    expect(await values({ destination: 'all' })).toEqual(['ci.io/x', 'other.io/x']);
  });
});

describe('profile and registries without TLS', () => {
  it('come from flags, then the environment, then the properties file', async () => {
    expect((await settings({ profile: ['a', 'b'] }, {})).profile).toMatchObject({ value: 'a,b', origin: '--profile' });
    expect((await settings({}, { SKAFFOLD_PROFILE: 'e' })).profile).toMatchObject({
      value: 'e',
      origin: 'environment',
    });
    expect((await settings({}, {})).profile).toMatchObject({ value: 'fast', origin: 'pipeline.properties:1' });
    expect((await settings({}, { SKAFFOLD_INSECURE_REGISTRY: 'r:1' })).insecure?.value).toBe('r:1');
  });
});
