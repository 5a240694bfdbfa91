import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let server: LocalBuildKit;
let repository: SampleRepository;
let count = 0;

beforeAll(async () => {
  if (whyNoBuildKit !== undefined) return;
  op = await bundledOp(['buildctl', 'crane', 'git', 'skaffold']);
  [registry, server] = await Promise.all([startRegistry(), startBuildKit()]);
  pushBusybox(`${registry.host}/tests/busybox:1`);
});
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), server?.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository({ 'app/Dockerfile': 'FROM scratch\n' });
});
afterEach(() => repository?.remove());

type Level = 'trusted' | 'untrusted';

interface Build {
  /** The steps after `FROM busybox`. */
  readonly steps: string;
  readonly flags?: readonly string[];
  readonly on?: LocalBuildKit;
}

const levels = new Map<LocalBuildKit, Level>();

/** A server is for builds of one level: it is started again, with its caches, where the level changes. */
async function serving(on: LocalBuildKit, trust: Level): Promise<void> {
  if (levels.get(on) !== trust) await on.serve(trust);
  levels.set(on, trust);
}

/** Builds the steps as a pull request or a release of the same repository does, and reads the file /made of the image. */
async function made(trust: Level, { steps, flags = [], on = server }: Build): Promise<string> {
  const image = `${registry.host}/team/app:v${++count}`;
  await serving(on, trust);
  await repository.write({ 'app/Dockerfile': `FROM ${registry.host}/tests/busybox:1\n${steps}\n` });
  const args = [
    `--image=${image}`,
    '--context=app',
    '--git-url=https://git.example.com/shop',
    `--cache-trust=${trust}`,
  ];
  const ran = await op.run(repository.directory, ['build-dockerfile', ...args, ...flags], {
    BUILDKIT_HOST: on.address,
  });
  expect(ran.stderr).toContain('done: ');
  const tar = join(op.home, 'image.tar');
  execFileSync('crane', ['export', image, tar], { env: withTools(['crane']) });
  return execFileSync('tar', ['-xOf', tar, 'made'], { encoding: 'utf8' }).trim();
}

const mount = '--mount=type=cache,target=/cache';
const poison = (options: string) => `RUN ${mount}${options} echo poison >/cache/lib && cp /cache/lib /made`;
const use = (options: string) => `RUN ${mount}${options} cp /cache/lib /made || echo clean >/made`;

describe.skipIf(whyNoBuildKit !== undefined)('a release does not use what a pull request', () => {
  it.each([
    ['without an ID', ''],
    ['with an ID', ',id=deps'],
    ['with an ID and a lock', ',id=deps-locked,sharing=locked'],
    ['with an ID that looks like a namespace', ',id=/trusted/deps'],
  ])('wrote into a cache mount %s, even if it built the same step first', async (_, options) => {
    expect(await made('untrusted', { steps: poison(options) })).toBe('poison');
    expect(await made('untrusted', { steps: use(options) })).toBe('poison');
    expect(await made('trusted', { steps: use(options) })).toBe('clean');
  });

  it('made with its own secret', async () => {
    const steps = 'RUN --mount=type=secret,id=word cp /run/secrets/word /made';
    const secrets = async (word: string) => {
      const directory = join(op.home, `secrets-${word}`);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'word'), word);
      return [`--secrets=${directory}`];
    };
    expect(await made('untrusted', { steps, flags: await secrets('poison') })).toBe('poison');
    expect(await made('trusted', { steps, flags: await secrets('clean') })).toBe('clean');
  });

  it('made through its own proxy', async () => {
    const steps = 'RUN echo "${HTTP_PROXY:-none}" >/made';
    const flags = ['--build-arg=HTTP_PROXY=http://poison.example.com'];
    expect(await made('untrusted', { steps, flags })).toBe('http://poison.example.com');
    expect(await made('trusted', { steps })).toBe('none');
  });

  it('wrote into the build cache of the registry', async () => {
    const flags = [`--build-cache=${registry.host}/cache`];
    await made('untrusted', { steps: 'RUN date +%s%N >/made', flags });
    const manifest = (path: string) => fetch(`http://${registry.host}/v2/cache/${path}/manifests/buildkit`);
    expect((await manifest('untrusted/app')).status).toBe(200);
    expect((await manifest('app')).status).toBe(404);
    await made('trusted', { steps: 'RUN date +%s%N >/made', flags });
    const before = await (await manifest('app')).text();
    await made('untrusted', { steps: 'RUN echo more; date +%s%N >/made', flags });
    expect(await (await manifest('app')).text()).toBe(before);
  });

  it('sees caches of its own level and repository, also on a server that is new', async () => {
    const steps = 'RUN date +%s%N >/made; echo own';
    const flags = [`--build-cache=${registry.host}/own`];
    const other = await startBuildKit();
    try {
      for (const level of ['trusted', 'untrusted'] as const) {
        const first = await made(level, { steps, flags });
        expect(await made(level, { steps, flags, on: other })).toBe(first);
      }
    } finally {
      await other.stop();
    }
  });

  it('leaves cache mounts to later builds of its own level and repository only', async () => {
    const own = `${mount},id=own`;
    expect(await made('trusted', { steps: `RUN ${own} echo mine >/cache/lib; cp /cache/lib /made` })).toBe('mine');
    const read = (word: string) => `RUN ${own} cp /cache/lib /made || echo ${word} >/made`;
    expect(await made('trusted', { steps: read('same') })).toBe('mine');
    const flags = ['--git-url=https://git.example.com/other'];
    expect(await made('trusted', { steps: read('other repository'), flags })).toBe('other repository');
  });
});

describe.skipIf(whyNoBuildKit !== undefined)('a repository cannot choose its caches', () => {
  const run = async (trust: Level, ...flags: readonly string[]) => {
    await serving(server, trust);
    return op.run(
      repository.directory,
      ['build-dockerfile', `--image=${registry.host}/team/app:v0`, '--context=app', `--cache-trust=${trust}`, ...flags],
      { BUILDKIT_HOST: server.address },
    );
  };

  it.each([
    ['trusted', 'BUILDKIT_CACHE_MOUNT_NS=x'],
    ['untrusted', 'BUILDKIT_CACHE_MOUNT_NS'],
    ['untrusted', 'BUILDKIT_SANDBOX_HOSTNAME=x'],
    ['untrusted', 'BUILDKIT_SYNTAX=evil.example.com/frontend'],
  ] as const)('with a build argument: %s, %s', async (trust, argument) => {
    const ran = await run(trust, `--build-arg=${argument}`);
    expect(ran.stderr).toContain('could reach the caches of other builds');
    expect(ran.exitCode).toBe(6);
  });

  it('with a frontend of its own, unless the build is trusted', async () => {
    await repository.write({ 'app/Dockerfile': `# syntax=${registry.host}/frontend:1\nFROM scratch\n` });
    const refused = await run('untrusted');
    expect(refused.stderr).toContain('names another frontend');
    expect(refused.exitCode).toBe(6);
    expect((await run('trusted')).stderr).not.toContain('names another frontend');
  });

  it('in skaffold.yaml, also with a name that buildctl would split', async () => {
    for (const name of ['BUILDKIT_CACHE_MOUNT_NS', 'BUILDKIT_CACHE_MOUNT_NS=trusted']) {
      await repository.write({
        'skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: app\n      context: app\n      docker:\n        buildArgs:\n          "${name}": x\n`,
      });
      await serving(server, 'untrusted');
      const args = ['build-push', `--default-repo=${registry.host}/shop`, '--engine=buildkit'];
      const ran = await op.run(repository.directory, args, { BUILDKIT_HOST: server.address });
      expect(ran.stderr).toContain('could reach the caches of other builds');
      expect(ran.exitCode).toBe(6);
    }
  });
});
