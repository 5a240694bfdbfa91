import { describe, expect, it, test } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { parseRegistryFile } from './registry-file.js';
import { entriesFor, fillIn } from './repositories.js';

const sample = `# where to push
local: localhost:\${PORT:-5001}
ci:
  - ghcr.io/\${OWNER:-my-org}
  - url: docker.io/bob/
    name: hub
  - europe-west1-docker.pkg.dev/\${PROJECT}/shop
`;

function rejection(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}`;
    throw error;
  }
  return 'not rejected';
}

describe('a .registry file', () => {
  it('has strings and objects, each with its line', () => {
    expect(parseRegistryFile('.registry', sample)).toEqual({
      local: [{ template: 'localhost:${PORT:-5001}', origin: '.registry:2' }],
      ci: [
        { template: 'ghcr.io/${OWNER:-my-org}', origin: '.registry:4' },
        { template: 'docker.io/bob/', origin: '.registry:5' },
        { template: 'europe-west1-docker.pkg.dev/${PROJECT}/shop', origin: '.registry:7' },
      ],
    });
  });

  it.each([
    ['', [], []],
    ['# nothing\n', [], []],
    ['local:\nci:\n', [], []],
    ['local: {url: "r.io", name: x}', ['r.io'], []],
    ['destinations: [a.io, b.io]', [], ['a.io', 'b.io']],
    ['ci: [c.io]\ndestinations: [a.io]', [], ['c.io']],
    ['ci: []\ndestinations: [a.io]', [], ['a.io']],
  ])('%j is read', (content, local, ci) => {
    const file = parseRegistryFile('.registry', content);
    expect(file.local.map(({ template }) => template)).toEqual(local);
    expect(file.ci.map(({ template }) => template)).toEqual(ci);
  });

  it.each([
    ['- a\n- b', 'it must be an object'],
    ['hello', 'it must be an object'],
    ['ci: ghcr.io/x', 'line 1: ci must be a list'],
    ['local: [a]', 'line 1 must be a registry or an object'],
    ['ci:\n  - {name: x}', 'line 2 must be a registry or an object'],
    ['ci:\n  - 5', 'line 2 must be a registry or an object'],
    ['Local: localhost:5001', 'line 1: unknown key Local, did you mean local?'],
    ['local: "unclosed', 'line 1'],
    ['local: a\nlocal: b', 'unique'],
  ])('%j is rejected: %s', (content, why) => {
    const said = rejection(() => parseRegistryFile('.registry', content));
    expect(said).toContain('3 .registry is not a registry file: ');
    expect(said).toContain(why);
  });
});

describe('a destination', () => {
  const file = parseRegistryFile('.registry', sample);
  const first = (destination: 'auto' | 'local' | 'ci' | 'all', env = {}) =>
    entriesFor(file, destination, env)[0]?.origin;

  it('chooses the entries', () => {
    expect(first('local')).toBe('.registry:2');
    expect(first('ci')).toBe('.registry:4');
    expect(entriesFor(file, 'all', {})).toHaveLength(4);
  });

  it('is detected in CI and in a pod', () => {
    expect(first('auto')).toBe('.registry:2');
    expect(first('auto', { GITHUB_ACTIONS: 'true' })).toBe('.registry:4');
    expect(first('auto', { CI: 'true' })).toBe('.registry:4');
    expect(first('auto', { KUBERNETES_SERVICE_HOST: '10.96.0.1' })).toBe('.registry:4');
    expect(first('auto', { CI: 'false' })).toBe('.registry:2');
  });

  it('is expanded to lower case, without a trailing slash', () => {
    const [ghcr, hub] = file.ci;
    expect(ghcr && fillIn(ghcr, { OWNER: 'Acme-Corp' }).value).toBe('ghcr.io/acme-corp');
    expect(hub && fillIn(hub, {}).value).toBe('docker.io/bob');
  });

  it('is rejected when a variable has no value: it would be another registry', () => {
    const [, , google] = file.ci;
    expect(rejection(() => google && fillIn(google, {}))).toContain('.registry:7');
    expect(rejection(() => google && fillIn(google, {}))).toContain('the variable PROJECT is not set');
    expect(rejection(() => fillIn({ template: 'ghcr.io/a:b', origin: 'x' }, {}))).toContain('it is an image');
  });
});

it.each([
  '${GITHUB_TOKEN}.evil.example',
  '$GITHUB_TOKEN.evil.example',
  '${ORG:-${DB_PASSWORD}}.evil.example',
  'evil.example/${AWS_SECRET_ACCESS_KEY:-none}',
])('%s is refused: a registry is a name that DNS gets', (template) => {
  const env = { GITHUB_TOKEN: 'hunter2', DB_PASSWORD: 'hunter2', AWS_SECRET_ACCESS_KEY: 'hunter2' };
  const said = rejection(() => fillIn({ template, origin: '.registry:1' }, env));
  expect(said).toMatch(/^3 .registry:1 ".+" must not use the variable \w+: variables with such names hold secrets/u);
  expect(said).not.toContain('hunter2');
});

it.each([
  'GH_PAT',
  'CI_JOB_JWT',
  'DATABASE_URL',
  'SENTRY_DSN',
  'NPM_COOKIE',
  'SLACK_WEBHOOK',
  'STORAGE_SAS',
  'VAULT',
  'X',
])('the variable %s is refused where it is set: its name does not say that it is a part of an address', (name) => {
  for (const template of [`evil.example/\${${name}}`, `evil.example/$${name}`, `evil.example/\${ORG:-\${${name}}}`]) {
    const said = rejection(() => fillIn({ template, origin: '.registry:1' }, { [name]: 'hunter2', ORG: '' }));
    expect(said).toContain(`must not use the variable ${name}`);
    expect(said).not.toContain('hunter2');
  }
});

it.each([
  'REGISTRY_OWNER',
  'REGISTRY_LINE',
  'GITHUB_REPOSITORY_OWNER',
  'GITHUB_REPOSITORY',
  'CI_PROJECT_PATH',
  'CI_REGISTRY_IMAGE',
  'GOOGLE_CLOUD_PROJECT',
  'PROJECT_ID',
  'AWS_ACCOUNT_ID',
  'AWS_REGION',
  'ORG',
  'TEAM',
  'STAGE',
])('the variable %s is filled in', (name) => {
  expect(fillIn({ template: `r.example/\${${name}}/x`, origin: 'x' }, { [name]: 'Acme' }).value).toBe(
    'r.example/acme/x',
  );
});

test('a variable of any other name that is not set gives its default', () => {
  expect(fillIn({ template: 'r.example/${LINE:-x}', origin: 'x' }, {}).value).toBe('r.example/x');
});
