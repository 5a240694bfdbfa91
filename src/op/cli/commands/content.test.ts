import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import { type LocalBuildKit, startBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { buildDockerfile } from '../../images/buildkit/build.js';

let op: Op;
let registry: LocalRegistry;
let buildkit: LocalBuildKit;
let server: Server;
let room: string;
let served = 'one';
const env = withTools(['crane', 'buildctl']);

beforeAll(async () => {
  op = await bundledOp(['skaffold', 'crane', 'git', 'buildctl']);
  [registry, buildkit] = await Promise.all([startRegistry(), startBuildKit()]);
  room = await mkdtemp(join(tmpdir(), 'content-test-'));
  server = createServer((_, response) => response.end(served));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
}, 120_000);
afterAll(async () => {
  await Promise.all([op?.dispose(), registry?.stop(), buildkit?.stop()]);
  server.close();
  await rm(room, { recursive: true, force: true });
});

const url = () => {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/served`;
};

/** Pushes an image that has one file `/moved`, and more instructions. */
async function pushBase(name: string, content: string, more = ''): Promise<void> {
  await writeFile(join(room, 'moved'), content);
  await writeFile(join(room, 'Dockerfile'), `FROM scratch\nCOPY moved /moved\n${more}\n`);
  const { context } = testContext({ env, cwd: room });
  const build = plainBuild(room, { push: { registry: registry.host, path: name, tag: 'stable' }, insecure: false });
  await buildDockerfile(
    context,
    {},
    { address: buildkit.address, tls: undefined, origin: 'the test' },
    build,
    () => {},
  );
}

const push = (
  repository: SampleRepository,
  path: string,
  variables: Readonly<Record<string, string>>,
  ...args: string[]
) =>
  op.run(repository.directory, ['push', `--default-repo=${registry.host}/${path}`, ...args], {
    BUILDKIT_HOST: buildkit.address,
    ...variables,
  });

/** Names, modes and contents of the files of the image of a commit. */
function filesOf(repository: SampleRepository, path: string): string {
  const short = repository.git('rev-parse', '--short', 'HEAD');
  const archive = execFileSync('crane', ['export', `${registry.host}/${path}/app:${short}`, '-'], { env });
  const modes = execFileSync('tar', ['--list', '--verbose'], { input: archive, encoding: 'utf8' });
  const withoutTimes = modes.replaceAll(/ \d{4}-\d\d-\d\d \d\d:\d\d /gu, ' ');
  return withoutTimes + execFileSync('tar', ['--extract', '--to-stdout'], { input: archive, encoding: 'utf8' });
}

interface Case {
  readonly dockerfile: () => string;
  readonly ignore?: string;
  readonly before?: () => Promise<void>;
  /** Of app.txt. */
  readonly mode?: number;
  readonly change: (directory: string) => Promise<void>;
  /** The environment of op after the change. */
  readonly changed?: Readonly<Record<string, string>>;
  /** Whether the image has a content tag and is reused when nothing changes. */
  readonly reused: boolean;
}

const nothing = async () => {};

it.each<[string, Case]>([
  [
    'ADD of a URL',
    {
      dockerfile: () => `FROM scratch\nADD ${url()} /served\n`,
      change: async () => {
        served = 'two';
      },
      reused: false,
    },
  ],
  [
    'the image of COPY --from',
    {
      dockerfile: () => `FROM scratch\nCOPY --from=${registry.host}/from:stable /moved /\n`,
      before: () => pushBase('from', 'one'),
      change: () => pushBase('from', 'two'),
      reused: true,
    },
  ],
  [
    'the image of RUN --mount=from=, which is its first option',
    {
      dockerfile: () =>
        `FROM ${registry.host}/tools/busybox:1 AS build\nRUN --mount=from=${registry.host}/mounted:stable,target=/t cp /t/moved /copied\nFROM scratch\nCOPY --from=build /copied /\n`,
      before: async () => {
        pushBusybox(`${registry.host}/tools/busybox:1`);
        await pushBase('mounted', 'one');
      },
      change: () => pushBase('mounted', 'two'),
      reused: true,
    },
  ],
  [
    'a base image that escape= hides',
    {
      dockerfile: () => `# escape=\`\nFROM \`\n# a comment\n  ${registry.host}/escaped:stable\nCOPY app.txt /\n`,
      before: () => pushBase('escaped', 'one'),
      change: () => pushBase('escaped', 'two'),
      reused: true,
    },
  ],
  [
    'the image of an ONBUILD instruction of the base image',
    {
      dockerfile: () => `FROM ${registry.host}/triggers:stable\nCOPY app.txt /\n`,
      before: async () => {
        await pushBase('triggered', 'one');
        await pushBase('triggers', 'base', `ONBUILD COPY --from=${registry.host}/triggered:stable /moved /other`);
      },
      change: () => pushBase('triggered', 'two'),
      reused: false,
    },
  ],
  [
    'the mode 600 of a file',
    {
      dockerfile: () => 'FROM scratch\nCOPY app.txt /\n',
      mode: 0o600,
      change: (directory) => chmod(join(directory, 'app.txt'), 0o644),
      reused: true,
    },
  ],
  [
    'SOURCE_DATE_EPOCH in the environment',
    {
      dockerfile: () => 'FROM scratch\nARG SOURCE_DATE_EPOCH=0\nCOPY app.txt /at-$SOURCE_DATE_EPOCH\n',
      change: nothing,
      changed: { SOURCE_DATE_EPOCH: '1700000000' },
      reused: true,
    },
  ],
  [
    'the last commit in .git',
    {
      dockerfile: () => 'FROM scratch\nCOPY .git/HEAD /\n',
      ignore: '*\n!app.txt\n!.git\n',
      change: async (directory) => void execFileSync('git', ['checkout', '-q', '-b', 'another'], { cwd: directory }),
      reused: false,
    },
  ],
  [
    'the last commit in .git/HEAD',
    {
      dockerfile: () => 'FROM scratch\nCOPY . /all/\n',
      ignore: '*\n!app.txt\n!.git/HEAD\n',
      change: async (directory) => void execFileSync('git', ['checkout', '-q', '-b', 'other'], { cwd: directory }),
      reused: false,
    },
  ],
])(
  'an image is built again when %s changes, as without reuse',
  async (name, { dockerfile, ignore, before, mode, change, changed: variables = {}, reused }) => {
    const path = name.replaceAll(/[^a-z]+/giu, '-').toLowerCase();
    await before?.();
    const repository = await makeSampleRepository({
      'skaffold.yaml':
        'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: app\n      docker: {}\n',
      Dockerfile: dockerfile(),
      '.dockerignore': ignore ?? '.git\n',
      'app.txt': 'app\n',
    });
    try {
      if (mode !== undefined) await chmod(join(repository.directory, 'app.txt'), mode);
      expect((await push(repository, path, {})).stderr).toContain('1 image');
      const first = filesOf(repository, path);
      repository.commit('nothing');
      const again = await push(repository, path, {});
      expect(again.exitCode).toBe(0);
      expect(again.stderr.includes('reused (same content)')).toBe(reused);
      expect(again.stderr.includes('not looked up by content: ')).toBe(!reused);
      await change(repository.directory);
      repository.commit('nothing again');
      expect((await push(repository, path, variables)).stderr).not.toContain('reused (same content)');
      const changed = filesOf(repository, path);
      expect(changed).not.toBe(first);
      expect(
        (await push(repository, `${path}-without`, variables, '--rebuild', '--reuse-content=false')).exitCode,
      ).toBe(0);
      expect(changed).toBe(filesOf(repository, `${path}-without`));
    } finally {
      await repository.remove();
    }
  },
);

it('a Git tag takes the image that has its content, and is found by its commit from then on', async () => {
  const repository = await makeSampleRepository({
    'skaffold.yaml':
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: app\n      docker: {}\n',
    Dockerfile: 'FROM scratch\nCOPY app.txt /\n',
    '.dockerignore': '.git\n',
    'app.txt': 'app\n',
  });
  const image = `${registry.host}/release/app`;
  const crane = (...args: string[]) => execFileSync('crane', args, { env, encoding: 'utf8' }).trim();
  try {
    expect((await push(repository, 'release', {})).exitCode).toBe(0);
    const commit = repository.git('rev-parse', 'HEAD');
    const digest = crane('digest', `${image}:${commit.slice(0, 7)}`);
    repository.git('tag', 'v1');
    expect((await push(repository, 'release', {})).stderr).toContain('reused (same content)');
    const released = `commit-${commit}.v1`;
    expect([crane('digest', `${image}:v1`), crane('digest', `${image}:${released}`)]).toEqual([digest, digest]);
    expect((await push(repository, 'release', {}, '--reuse-content=false')).stderr).toContain('reused (same commit)');

    await repository.write({ 'app.txt': 'another\n' });
    repository.commit('another');
    repository.git('tag', '--force', 'v1');
    const moved = await push(repository, 'release', {});
    expect([moved.exitCode, moved.stderr]).toEqual([6, expect.stringContaining(`error: ${image}:v1 exists`)]);
    expect(crane('digest', `${image}:v1`)).toBe(digest);
  } finally {
    await repository.remove();
  }
});
