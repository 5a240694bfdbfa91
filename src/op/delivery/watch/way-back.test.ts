import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wayBack } from './way-back.js';

let directory: string;
/** Runs a command line as somebody types it. */
const typed = (command: string) =>
  execaSync('sh', ['-c', command], {
    cwd: directory,
    env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).stdout;

/** Two commits, of which the first has a tag; and what taggers make of the second. */
const tags = new Map<string, string>();
let wanted: string;
let released: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'way-back-'));
  typed('git init -q && git config user.name me && git config user.email me@example.com');
  typed('git commit -q --allow-empty -m one && git tag v1.2.3 && git commit -q --allow-empty -m two');
  released = typed('git rev-parse v1.2.3');
  wanted = typed('git rev-parse HEAD');
  tags.set('described', typed('git describe --tags'));
  tags.set('abbreviated', typed('git rev-parse --short HEAD'));
  tags.set('whole', wanted);
  tags.set('prefixed', `rel-${typed('git rev-parse --short=12 HEAD')}`);
  tags.set('release', 'v1.2.3');
});
afterAll(() => rmSync(directory, { recursive: true }));

const repository = 'registry.example.com/pp/web';
const digest = `sha256:${'b'.repeat(64)}`;
const fleet = { repository: 'https://git.example.com/fleet.git', branch: 'main', set: [], kustomizations: [] };
const backTo = (image: string, inPod: boolean, manifests: typeof fleet | undefined = fleet) =>
  wayBack([{ workload: 'Deployment web', container: 'web', image, running: 0 }], { name: 'pp', manifests }, inPod);

test.each(['described', 'abbreviated', 'whole', 'prefixed', 'release'])(
  'a tag that is %s: git knows the commit by what is typed',
  (kind) => {
    const image = `${repository}:${tags.get(kind)}@${digest}`;
    const commit = kind === 'release' ? released : wanted;
    const param =
      /^to go back to \S+: start the Pipeline deliver with rebuild=false and revision(?:=(.+)| to what this prints: (git .+))$/u;
    const [, given, command] = param.exec(backTo(image, true) ?? '') ?? [];
    // A full commit ID or a tag is what op git-clone takes.
    expect(command === undefined ? typed(`git rev-parse ${given}`) : typed(command)).toBe(commit);
    const [checkout = '', ...next] = (backTo(image, false) ?? '').replace(/^to go back to \S+: /u, '').split(' && ');
    typed(`${checkout} --quiet`);
    expect(typed('git rev-parse HEAD')).toBe(commit);
    expect(next).toEqual(['op push', 'op set-image --environment=pp', 'op watch-deployment --environment=pp']);
  },
);

test.each([
  ['only a digest', `${repository}@${digest}`],
  ['a tag that moves', `${repository}:latest@${digest}`],
  ['a changed tree', `${repository}:0a1b2c3-dirty@${digest}`],
  ['a digest of files', `${repository}:${'0'.repeat(64)}`],
])('%s names no commit: the manifests go back', (_, image) => {
  const revert = (where: string) =>
    `to go back to ${image}: its tag names no commit, so revert the last commit of pp in ${where} (git revert), and push it`;
  expect(backTo(image, true)).toBe(revert(fleet.repository));
  expect(
    wayBack(
      [{ workload: 'Deployment web', container: 'web', image, running: 0 }],
      { name: 'pp', manifests: undefined },
      false,
    ),
  ).toBe(revert('the manifests that name it'));
});

test('nothing ran before', () => {
  expect(wayBack([], { name: 'pp', manifests: fleet }, true)).toBeUndefined();
});
