import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { buildDockerfile } from '../buildkit/build.js';
import { keepsGitOut } from './keeps-git-out.js';

const out = [
  '.git',
  '/.git/',
  '**/.git',
  '*',
  '.*',
  '.git*',
  '\ufeff.git\r',
  '*\n!src\n!/a.txt\n!.gitignore',
  '.git\n!src/**/*.go',
];
const uncertain = [
  '',
  '# .git',
  '*.git',
  'src/.git',
  '*\n!.git/HEAD',
  '*\n!.git',
  '.git\n!*',
  '.git\n!**/HEAD',
  '.git\n! .git',
  '.git\n!/.git/HEAD',
  '.git\n!./.git/HEAD',
  '.git\n!src/../.git/HEAD',
  '.git\n!.gi[t]',
  '.git\n!.gi?',
  '.git\n!.g*',
  '.git\n!\\.git',
  '!.git\n*',
  '\u00a0.git',
];

describe.skipIf(whyNoBuildKit !== undefined)('.git in BuildKit', () => {
  let registry: LocalRegistry;
  let server: LocalBuildKit;
  let room: string;
  const env = withTools(['buildctl', 'crane']);

  beforeAll(async () => {
    [registry, server] = await Promise.all([startRegistry(), startBuildKit()]);
    room = await mkdtemp(join(tmpdir(), 'dockerignore-test-'));
    await mkdir(join(room, '.git'));
    await mkdir(join(room, 'src'));
    await writeFile(join(room, '.git/HEAD'), 'ref: refs/heads/main');
    for (const file of ['a.txt', 'src/a.go']) await writeFile(join(room, file), file);
    await writeFile(join(room, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfil[e] . /\n');
  });
  afterAll(async () => {
    await Promise.all([registry?.stop(), server?.stop()]);
    await rm(room, { recursive: true, force: true });
  });

  async function filesWith(dockerignore: string): Promise<readonly string[]> {
    await writeFile(join(room, '.dockerignore'), dockerignore);
    const target = { registry: registry.host, path: 'made/ignored', tag: 'v1' };
    const { context } = testContext({ env, cwd: room });
    const from = { address: server.address, tls: undefined, origin: 'the test' };
    const build = plainBuild(room, { push: target, insecure: false });
    await buildDockerfile(context, {}, from, build, () => {});
    const image = `${registry.host}/made/ignored:v1`;
    const archive = execFileSync('crane', ['export', image, '-'], { env });
    return execFileSync('tar', ['--list'], { input: archive, encoding: 'utf8' }).split('\n');
  }

  it.each(out)('is kept out by %j', async (dockerignore) => {
    expect(keepsGitOut(dockerignore)).toBe(true);
    expect((await filesWith(`${dockerignore}\n!Dockerfile`)).filter((path) => /^\/?\.git(?:\/|$)/u.test(path))).toEqual(
      [],
    );
  });
  it.each(uncertain)('may come in with %j', (dockerignore) => {
    expect(keepsGitOut(dockerignore)).toBe(false);
  });
  it.each(['*\n!.git/HEAD', '*\n!.git', '.git\n!*', '.git\n!.gi[t]'])('comes in with %j', async (dockerignore) => {
    expect((await filesWith(dockerignore)).some((path) => /^\/?\.git\/HEAD$/u.test(path))).toBe(true);
  });
});
