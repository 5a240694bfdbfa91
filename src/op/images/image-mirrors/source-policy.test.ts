import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { buildDockerfile } from '../buildkit/build.js';
import { cacheScope } from '../buildkit/cache-scope.js';
import type { DockerfileBuild } from '../buildkit/dockerfile-build.js';
import { sourcePolicy } from './source-policy.js';

it('is not needed without mirrors', () => {
  expect(sourcePolicy([], ['docker.io/acme/app:1'])).toBeUndefined();
});

describe.skipIf(whyNoBuildKit !== undefined)('base images', () => {
  let registry: LocalRegistry;
  let front: Server;
  let server: LocalBuildKit;
  let room: string;
  let mirror: string;
  /** Requests to the mirror. */
  const asked: string[] = [];
  const env = withTools(['buildctl', 'crane']);

  beforeAll(async () => {
    [registry, server] = await Promise.all([startRegistry(), startBuildKit()]);
    // The mirror is a separate host in front of the registry, which records the requests.
    front = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(307, { location: `http://${registry.host}${request.url}` }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((done) => front.once('listening', done));
    const address = front.address();
    mirror = `localhost:${typeof address === 'object' ? address?.port : ''}`;
    for (const image of ['hub/library/busybox:1', 'hub/acme/tool:latest', 'own/base:1']) {
      pushBusybox(`${registry.host}/${image}`, { files: { [`from-${image.replace(/\W/gu, '-')}`]: image } });
    }
  });
  afterAll(() => Promise.all([registry?.stop(), server?.stop(), new Promise((done) => front?.close(done))]));
  beforeEach(async () => {
    room = await mkdtemp(join(tmpdir(), 'mirror-test-'));
    asked.length = 0;
  });
  afterEach(() => rm(room, { recursive: true, force: true }));

  async function build(dockerfile: string, parts: Partial<DockerfileBuild> = {}) {
    await writeFile(join(room, 'Dockerfile'), dockerfile);
    const lines: string[] = [];
    const { context } = testContext({ env, cwd: room });
    const output = { push: { registry: registry.host, path: 'made/app', tag: 'v1' }, insecure: false };
    const whole = { ...plainBuild(room, output), mirrors: [{ host: 'docker.io', mirror: `${mirror}/hub` }], ...parts };
    const buildkit = { address: server.address, tls: undefined, origin: 'the test' };
    const built = await buildDockerfile(context, {}, buildkit, whole, (line) => lines.push(line));
    return { ...built, lines };
  }
  const manifests = () =>
    [...new Set(asked.flatMap((url) => /^\/v2\/(.*)\/manifests\/(?!sha256)/u.exec(url)?.[1] ?? []))].sort();

  it('come from the mirror: FROM with arguments, COPY --from, RUN --mount, and a stage named as its image', async () => {
    const { lines } = await build(
      [
        'ARG NAME=nothing',
        'ARG TAG',
        'FROM ${NAME:-busybox}:${TAG:-1} AS busybox',
        'RUN --mount=type=bind,from=acme/tool,target=/tool ls /tool/from-hub-acme-tool-latest && echo made >/made',
        'FROM scratch',
        'COPY --from=busybox /made /from-hub-library-busybox-1 /',
        'COPY --from=docker.io/acme/tool /from-hub-acme-tool-latest /',
      ].join('\n'),
      { buildArgs: { NAME: 'busybox' } },
    );
    expect(manifests()).toEqual(['hub/acme/tool', 'hub/library/busybox']);
    expect(lines.join('\n')).toContain('/tool/from-hub-acme-tool-latest');
  });

  it('come from the mirror with their digest, and fail when the mirror does not have it', async () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    await expect(build(`FROM busybox:1@${digest}\n`)).rejects.toMatchObject({
      kind: 'tool',
      message: expect.stringContaining('does not exist'),
      why: expect.stringContaining(mirror),
    });
  });

  it('are not rewritten when this project builds them, or when they are already at a mirror', async () => {
    const own = [{ name: `${registry.host}/own/base:1`, digest: '' }];
    const mirrors = [
      { host: registry.host, mirror: `${mirror}/nowhere` },
      { host: mirror, mirror: `${mirror}/nowhere` },
      { host: 'docker.io', mirror: `${mirror}/hub` },
    ];
    const dockerfile = `FROM ${registry.host}/own/base:1\nCOPY --from=busybox:1 /from-hub-library-busybox-1 /\n`;
    await build(dockerfile, { own, mirrors });
    expect(manifests()).toEqual(['hub/library/busybox']);
    await expect(build(dockerfile, { mirrors, noCache: true })).rejects.toMatchObject({
      message: expect.stringContaining('does not exist'),
    });
  });

  it('are not requested for a syntax line that BuildKit supports itself; another frontend comes from the mirror', async () => {
    await build('# syntax=docker/dockerfile:1.7\nFROM busybox:1\nCOPY <<EOF /heredoc\ntext\nEOF\n');
    expect(manifests()).toEqual(['hub/library/busybox']);
    const other = '# syntax=docker/dockerfile:1-labs\nFROM busybox:1\n';
    await expect(build(other)).rejects.toMatchObject({ kind: 'refused' });
    await server.serve('trusted');
    await expect(build(other, { scope: cacheScope('trusted', 'shop') })).rejects.toMatchObject({ kind: 'tool' });
    expect(manifests()).toEqual(['hub/docker/dockerfile', 'hub/library/busybox']);
  });
});
