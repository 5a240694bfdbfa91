import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import { freePort, type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { logInto, testContext } from '../../../../test/op/test-context.js';
import { findTool, withTools } from '../../../../test/tools.js';
import { buildDockerfile } from './build.js';
import { cacheScope } from './cache-scope.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import type { CacheTrust } from './options.js';
import { secretFlags } from './secrets.js';
import { sshFlags } from './ssh.js';

let registry: LocalRegistry;
let server: LocalBuildKit;
let room: string;
let busybox: string;
const env = withTools(['buildctl', 'crane']);

beforeAll(async () => {
  [registry, server] = await Promise.all([startRegistry(), startBuildKit()]);
  busybox = `${registry.host}/tests/busybox:1`;
  pushBusybox(busybox);
});
afterAll(() => Promise.all([registry?.stop(), server?.stop()]));
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'buildkit-test-'));
});
afterEach(() => rm(room, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(room, path)), { recursive: true });
    await writeFile(join(room, path), content);
  }
}

const crane = (...args: string[]) => execFileSync('crane', args, { env, encoding: 'utf8', maxBuffer: 1e8 });
const target = (name: string) => ({ registry: registry.host, path: `made/${name}`, tag: 'v1' });
let made = 0;

/** Builds the files of the room and pushes the image under a unique name. */
async function build(
  parts: Partial<DockerfileBuild> = {},
  extraEnv: Readonly<Record<string, string>> = {},
  address = server.address,
) {
  const name = `image-${++made}`;
  const lines: string[] = [];
  const log = logInto((text) => void lines.push(text));
  const { context } = testContext({ env: { ...env, ...extraEnv }, cwd: room, log });
  const whole = { ...plainBuild(room, { push: target(name), insecure: false }), image: name, ...parts };
  const buildkit = { address, tls: undefined, origin: 'the test' };
  const built = await buildDockerfile(context, {}, buildkit, whole, (line) => lines.push(line));
  const reference = `${registry.host}/made/${name}:v1`;
  return { ...built, lines, reference };
}

/** The paths in an image, and the content of each file. */
function filesOf(reference: string, platform?: string) {
  const tar = join(room, 'exported.tar');
  crane('export', ...(platform === undefined ? [] : [`--platform=${platform}`]), reference, tar);
  const list = execFileSync('tar', ['--quoting-style=literal', '-tf', tar], { encoding: 'utf8' }).split('\n');
  const names = list.map((name) => name.replace(/^\.?\//u, '')).filter((name) => name !== '');
  const get = (name: string) => {
    const args = ['--no-wildcards', '-xOf', tar, '--', name];
    return execFileSync('tar', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  };
  return { names, get };
}

interface Manifest {
  readonly mediaType: string;
  readonly manifests?: readonly {
    readonly digest: string;
    readonly platform: { readonly os: string; readonly architecture: string };
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly layers?: readonly { readonly annotations?: Readonly<Record<string, string>>; readonly digest: string }[];
}
const manifestOf = (reference: string) => JSON.parse(crane('manifest', reference)) as Manifest;

describe.skipIf(whyNoBuildKit !== undefined)('a Dockerfile built with BuildKit', () => {
  it('is pushed by name and tag, as a plain manifest with the digest that op reports', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY hello.txt /\n', 'hello.txt': 'hello\n' });
    const { digest, reference } = await build();
    expect(crane('digest', reference).trim()).toBe(digest);
    expect(manifestOf(reference).manifests).toBeUndefined();
    expect(filesOf(reference).get('hello.txt')).toBe('hello\n');
  });

  it('believes what an image says of its layers, so that a server which untrusted builds have used is none for trusted ones', async () => {
    const own = await startBuildKit();
    try {
      const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const layer = async (text: string) => {
        await write({ [`${text}/tool`]: text });
        return execFileSync('tar', ['-C', join(room, text), '-cf', '-', 'tool']);
      };
      const put = async (path: string, type: string, body: Buffer) => {
        const answer = await fetch(`http://${registry.host}/v2/made/${path}`, {
          method: path.includes('manifests') ? 'PUT' : 'POST',
          body: new Uint8Array(body),
          headers: { 'content-type': type },
        });
        expect(answer.status).toBe(201);
      };
      const push = async (name: string, tar: Buffer, claimed: string) => {
        const config = Buffer.from(
          JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [claimed] } }),
        );
        const [layerBlob, configBlob] = [tar, config].map((bytes) => ({ digest: digestOf(bytes), size: bytes.length }));
        for (const blob of [tar, config]) {
          await put(`${name}/blobs/uploads/?digest=${digestOf(blob)}`, 'application/octet-stream', blob);
        }
        const mediaType = 'application/vnd.oci.image.manifest.v1+json';
        const manifest = {
          ...{ schemaVersion: 2, mediaType },
          config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...configBlob },
          layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layerBlob }],
        };
        await put(`${name}/manifests/1`, mediaType, Buffer.from(JSON.stringify(manifest)));
        return `${registry.host}/made/${name}:1`;
      };
      const [good, evil] = [await layer('good'), await layer('evil')];
      const [base, lie] = [await push('base', good, digestOf(good)), await push('lie', evil, digestOf(good))];
      const from = async (image: string, trust: CacheTrust) => {
        await write({ Dockerfile: `FROM ${image}\nWORKDIR /app\n` });
        return build({ scope: cacheScope(trust, 'shop') }, {}, own.address);
      };
      await from(lie, 'untrusted');
      await own.serve('trusted');
      const released = await from(base, 'trusted');
      await write({
        Dockerfile: `FROM ${base}\nRUN --mount=from=${busybox},target=/b ["/b/bin/busybox", "cat", "/tool"]\n`,
      });
      const { lines } = await build({ scope: cacheScope('trusted', 'shop') }, {}, own.address);
      expect(released.digest).toMatch(/^sha256:/u);
      // When it is `good`, docs/trust.md and decision 13 may say that a server can be shared.
      expect(lines.join('\n')).toMatch(/ evil$/mu);
    } finally {
      await own.stop();
    }
  });

  it.each(['trusted', 'untrusted'] as const)('takes on a server for %s builds no others', async (level) => {
    const own = await startBuildKit({ trust: level });
    try {
      await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
      const of = (trust: CacheTrust) => build({ scope: cacheScope(trust, 'shop') }, {}, own.address);
      expect((await of(level)).digest).toMatch(/^sha256:/u);
      const other = level === 'trusted' ? 'untrusted' : 'trusted';
      await expect(of(other)).rejects.toMatchObject({
        kind: 'refused',
        why: expect.stringContaining(
          level === 'trusted'
            ? 'this BuildKit is for trusted builds (label octopipeline.dev/cache-trust), and the build is untrusted'
            : 'the build is trusted, and this BuildKit is not for trusted builds alone',
        ),
      });
    } finally {
      await own.stop();
    }
  });

  it('takes no trusted builds on a server that does not say which it is for', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    await expect(build({ scope: cacheScope('trusted', 'shop') })).rejects.toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('no label octopipeline.dev/cache-trust: trusted'),
    });
  });

  it('takes none when the answer of the server about itself is lost', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    let connections = 0;
    const proxy = createServer((client) => {
      const first = ++connections === 1;
      const upstream = connect(server.address.replace('unix://', ''));
      for (const one of [client, upstream]) one.on('error', () => undefined);
      if (!first) return void client.pipe(upstream).pipe(client);
      let sent = 0;
      client.on('data', (chunk: Buffer) => {
        sent += chunk.length;
        // More than the greeting of HTTP/2: the question.
        if (sent > 150) client.destroy();
        else upstream.write(chunk);
      });
      upstream.on('data', (chunk: Buffer) => client.write(chunk));
    });
    await new Promise<void>((done) => proxy.listen(join(room, 'proxy'), done));
    try {
      const address = `unix://${join(room, 'proxy')}`;
      const trusted = build({ scope: cacheScope('trusted', 'shop') }, {}, address);
      await expect(trusted).rejects.toMatchObject({ kind: 'tool', message: expect.stringContaining(address) });
    } finally {
      proxy.close();
    }
  });

  it('shows its steps and their output, and the second time that they were cached', async () => {
    await write({ Dockerfile: `FROM ${busybox}\nRUN echo one two >/made && cat /made\nCOPY a /a\n`, a: 'a' });
    const first = await build();
    expect(first).toMatchObject({ steps: 3, cached: expect.any(Number) });
    const text = first.lines.join('\n');
    expect(text).toMatch(/^#\d+ \[1\/3\] FROM .*busybox/mu);
    expect(text).toMatch(/^#\d+ \[2\/3\] RUN echo one two >\/made && cat \/made$/mu);
    expect(text).toMatch(/^#\d+ {3}one two$/mu);
    expect(text).not.toContain('load build definition');
    const second = await build();
    expect(second).toMatchObject({ steps: 3, cached: 3 });
    expect(second.lines.join('\n')).toMatch(/^#\d+ \[3\/3\] COPY a \/a \(cached\)$/mu);
    expect(second.lines.join('\n')).not.toMatch(/ {3}one two$/mu);
    expect((await build({ noCache: true })).lines.join('\n')).toMatch(/ {3}one two$/mu);
  });

  it('gets its build arguments exactly, whatever characters they have', async () => {
    const hostile = 'a,b="c" d=e\n\'f\' $HOME ${X} `id` \\ % --opt=x ,type=local ü\t';
    await write({
      Dockerfile: `FROM ${busybox}\nARG A\nARG B=unset\nARG C\nRUN printf %s "$A" >/a; printf %s "$B" >/b; printf %s "$C" >/c\n`,
    });
    const { reference } = await build({ buildArgs: { A: hostile, B: null, C: '' } }, { B: 'of, "op" itself' });
    const files = filesOf(reference);
    expect(files.get('a')).toBe(hostile);
    expect(files.get('b')).toBe('of, "op" itself');
    expect(files.get('c')).toBe('');
    const without = filesOf((await build({ buildArgs: { B: null } })).reference);
    expect(without.get('b')).toBe('unset');
  });

  it('can have files and directories with any name', async () => {
    const names = ['a,b="c".txt', '--output=x', 'with space', 'new\nline', 'ünï', '$(id)', 'c=d'];
    const directory = 'di,r="x"=y z';
    await write({ [`${directory}/Docker,"file=`]: 'FROM scratch\nCOPY . /all/\n' });
    for (const name of names) await writeFile(join(room, directory, name), name);
    const { reference } = await build({ context: join(room, directory), dockerfile: 'Docker,"file=' });
    const files = filesOf(reference);
    for (const name of names.filter((name) => !name.includes('\n'))) expect(files.get(`all/${name}`)).toBe(name);
    expect(files.names.join('\n')).toContain('all/new\nline');
  });

  it('is built up to its target only, from a Dockerfile outside the context', async () => {
    await write({
      'docker/app.Dockerfile': `FROM scratch AS small\nCOPY a /a\nFROM ${busybox} AS big\nRUN exit 1\n`,
      'src/a': 'a',
    });
    const parts = { context: join(room, 'src'), dockerfile: join(room, 'docker/app.Dockerfile'), target: 'small' };
    expect(filesOf((await build(parts)).reference).names).toEqual(['a']);
  });

  it('honours .dockerignore, and prefers the one next to the Dockerfile', async () => {
    const files = {
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      'kept.txt': 'x',
      'dir/secret.txt': 'x',
      'dir/kept.txt': 'x',
    };
    await write({ ...files, '.dockerignore': '**/secret.txt\nDockerfile\n.dockerignore\n' });
    expect(
      filesOf((await build()).reference)
        .names.filter((name) => /\.txt|file/u.test(name))
        .sort(),
    ).toEqual(['dir/kept.txt', 'kept.txt']);
    await write({ 'Dockerfile.dockerignore': '*\n!dir/secret.txt\n' });
    expect(filesOf((await build()).reference).names.filter((name) => name.endsWith('.txt'))).toEqual([
      'dir/secret.txt',
    ]);
  });

  it('gets the symbolic links of its context as links, and never the files outside that they point to', async () => {
    await write({ 'repo/Dockerfile': 'FROM scratch\nCOPY . /\n', 'repo/real': 'real', outside: 'top secret' });
    await symlink('../outside', join(room, 'repo/leaving'));
    await symlink('/etc', join(room, 'repo/absolute'));
    await symlink('real', join(room, 'repo/staying'));
    await symlink('/etc/hostname', join(room, 'repo/.dockerignore'));
    const { reference } = await build({ context: join(room, 'repo'), root: join(room, 'repo') });
    // Not crane export, which omits links that point out of the image.
    const layer = manifestOf(reference).layers?.[0]?.digest ?? '';
    const blob = execFileSync('crane', ['blob', `${reference.replace(/:v1$/u, '')}@${layer}`], { env });
    const list = execFileSync('tar', ['-tvzf', '-'], { input: blob, encoding: 'utf8' });
    expect(list).toMatch(/^l.* leaving -> \.\.\/outside$/mu);
    expect(list).toMatch(/^l.* absolute -> \/etc$/mu);
    expect(list).toMatch(/^l.* staying -> real$/mu);
    expect(gunzipSync(blob).toString()).not.toContain('top secret');
  });

  it('can be a symbolic link that stays in the repository', async () => {
    await write({ 'docker/Dockerfile': 'FROM scratch\nCOPY a /a\n', 'app/a': 'a' });
    await symlink('../docker/Dockerfile', join(room, 'app/Dockerfile'));
    await symlink('Dockerfile', join(room, 'docker/other'));
    const context = join(room, 'app');
    expect(filesOf((await build({ context })).reference).get('a')).toBe('a');
    const other = await build({ context, dockerfile: '../docker/other' });
    expect(filesOf(other.reference).get('a')).toBe('a');
  });

  it('becomes an index for several platforms, with the platform of each entry', async () => {
    await write({
      Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\n',
      amd64: 'amd64',
      arm64: 'arm64',
    });
    const { digest, reference } = await build({ platforms: ['linux/amd64', 'linux/arm64'] });
    expect(crane('digest', reference).trim()).toBe(digest);
    const { manifests = [] } = manifestOf(reference);
    expect(manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    expect(filesOf(reference, 'linux/arm64').get('arch')).toBe('arm64');
    expect(filesOf(reference, 'linux/amd64').get('arch')).toBe('amd64');
  });

  it('reads a build cache from a registry, and writes one there', async () => {
    await write({
      Dockerfile: `FROM ${busybox} AS made\nRUN date +%s%N >/random\nFROM scratch\nCOPY --from=made /random /\n`,
    });
    const cache = `${registry.host}/cache/app:buildkit`;
    const first = await build({ cacheTo: [cache], cacheFrom: [cache] });
    const other = await startBuildKit();
    try {
      const { context } = testContext({ env, cwd: room });
      const again = await buildDockerfile(
        context,
        {},
        { address: other.address, tls: undefined, origin: 'the test' },
        {
          ...plainBuild(room, { push: target('again'), insecure: false }),
          cacheFrom: [cache, 'type=registry,ref=localhost:1/nobody:there'],
        },
        () => {},
      );
      expect(again.cached).toBeGreaterThan(0);
      const random = filesOf(first.reference).get('random');
      expect(filesOf(`${registry.host}/made/again:v1`).get('random')).toBe(random);
    } finally {
      await other.stop();
    }
  });

  it('succeeds even if its build cache cannot be written, which is a warning', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'a' });
    const cache = `localhost:${await freePort()}/cache/app:buildkit`;
    const { digest, lines, reference } = await build({ cacheTo: [cache], cacheFrom: [cache] });
    expect(crane('digest', reference).trim()).toBe(digest);
    expect(lines.join('\n')).toMatch(/^warning: image-\d+: the build cache cannot be written: .*connection refused/mu);
    expect(lines.join('\n')).toMatch(/^warning: image-\d+: the build cache cannot be read: .*connection refused/mu);
    expect(lines.join('\n')).not.toMatch(/failed after/u);
  });

  it('keeps its cache in an insecure registry that is allowed, whatever registry the image goes to', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'a' });
    // No tool recognises this address as loopback, although it is.
    const host = registry.host.replace('localhost', '0.0.0.0');
    const cache = `${host}/cache/insecure:buildkit`;
    const without = await build({ cacheTo: [cache] });
    expect(without.lines.join('\n')).toContain('HTTP response to HTTPS client');
    const first = await build({ cacheTo: [cache], cacheFrom: [cache], insecure: [host] });
    expect(first.lines.join('\n')).toContain('no cache yet');
    const second = await build({ cacheTo: [cache], cacheFrom: [cache], insecure: [host] });
    expect(second.lines.join('\n')).not.toMatch(/no cache yet|warning/u);
  });

  it('can use a base image that is in an OCI layout and not in a registry', async () => {
    await write({
      Dockerfile: `FROM ${busybox}\nRUN echo base >/base\n`,
      'app/Dockerfile': 'ARG BASE\nFROM $BASE AS final\nRUN cat /base >/copy\n',
    });
    const layout = join(room, 'la,yo"ut=1');
    const base = await build({ output: { layout } });
    expect((await readdir(layout)).sort()).toEqual(expect.arrayContaining(['blobs', 'index.json', 'oci-layout']));
    for (const name of [
      'base',
      'docker.io/library/base:latest',
      'nowhere.example.com/team/base:v1',
      `nowhere.example.com/base:v1@${base.digest}`,
    ]) {
      const { reference } = await build({
        context: join(room, 'app'),
        buildArgs: { BASE: name },
        own: [{ name, digest: base.digest, layout }],
      });
      expect(filesOf(reference).get('copy')).toBe('base\n');
    }
  });

  it('is refused if an image would replace a stage of the same name', async () => {
    await write({ Dockerfile: 'FROM scratch AS base\nCOPY . /\n' });
    const own = [{ name: 'base', digest: `sha256:${'0'.repeat(64)}`, layout: room }];
    await expect(build({ own })).rejects.toMatchObject({ kind: 'input', hint: 'rename the stage' });
  });

  it('resolves added host names', async () => {
    await write({ Dockerfile: `FROM ${busybox}\nRUN cat /etc/hosts >/hosts\n` });
    const { reference } = await build({ addHosts: ['db:10.0.0.7', 'six:[fd00::1]'], network: 'none' });
    expect(filesOf(reference).get('hosts')).toMatch(/10\.0\.0\.7\s+db\n(?:.*\n)*fd00::1\s+six/u);
    await expect(build({ addHosts: ['db:host-gateway'] })).rejects.toMatchObject({ kind: 'input' });
    await expect(build({ network: 'container:x' })).rejects.toMatchObject({ kind: 'input' });
  });
});

describe.skipIf(whyNoBuildKit !== undefined)('an attestation of BuildKit', () => {
  /** BuildKit's SBOM protocol: an in-toto statement about the directory in BUILDKIT_SCAN_SOURCE. */
  const generator = `#!/bin/sh
set -eu
cd "$BUILDKIT_SCAN_SOURCE"
name=$(find . -type f | sort | head -n 1)
statement='{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document"'
printf '%s,"predicate":{"spdxVersion":"SPDX-2.3","name":"%s"}}' "$statement" "$name" >"$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"
`;

  it('is pushed with the image only on request', async () => {
    await write({ Dockerfile: 'FROM scratch\nARG PASSWORD\nCOPY hello.txt /\n', 'hello.txt': 'hello\n' });
    const scanner = `${registry.host}/tests/scanner:1`;
    pushBusybox(scanner, { files: { 'bin/scan': generator }, entrypoint: '/bin/scan' });
    const { reference } = await build({
      attest: [`sbom=${scanner}`, 'provenance'],
      buildArgs: { PASSWORD: 'not-in-provenance' },
    });
    const { manifests = [] } = manifestOf(reference);
    expect(manifests[0]?.platform).toEqual({ os: 'linux', architecture: 'amd64' });
    const statements = manifests.find(
      ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
    );
    const repository = reference.replace(/:v1$/u, '');
    const layers = manifestOf(`${repository}@${statements?.digest}`).layers ?? [];
    const texts = layers.map(({ digest }) => crane('blob', `${repository}@${digest}`));
    expect(layers.map(({ annotations }) => annotations?.['in-toto.io/predicate-type'])).toEqual(
      expect.arrayContaining(['https://spdx.dev/Document', expect.stringMatching(/slsa\.dev\/provenance/u)]),
    );
    expect(texts.join('\n')).toContain('./hello.txt');
    expect(texts.join('\n')).not.toContain('not-in-provenance');
    expect(filesOf(reference).get('hello.txt')).toBe('hello\n');
  });
});

describe.skipIf(whyNoBuildKit !== undefined)('the secrets of a Dockerfile', () => {
  const value = 's3cret, "quoted" = $X\n';

  it('come from files and variables, but first from the directory of secrets', async () => {
    await write({
      Dockerfile: [
        `FROM ${busybox}`,
        ...['file', 'variable', 'plain', 'mounted'].map(
          (id, index) => `RUN --mount=type=secret,id=${id},required=true,target=/s sha256sum </s >/sum-${index}`,
        ),
      ].join('\n'),
      'tok,en="1"': value,
      'secrets/mounted': 'of the directory',
    });
    const secrets = [
      { id: 'file', src: 'tok,en="1"' },
      { id: 'variable', env: 'SOME_VARIABLE' },
      { id: 'plain' },
      { id: 'mounted', src: 'not-there' },
    ];
    const parts = { secrets, secretsDirectory: join(room, 'secrets') };
    const { reference, lines } = await build(parts, { SOME_VARIABLE: 'of a variable', plain: 'of a variable' });
    const files = filesOf(reference);
    const sum = (text: string) => `${createHash('sha256').update(text).digest('hex')}  -\n`;
    expect(files.get('sum-0')).toBe(sum(value));
    expect(files.get('sum-1')).toBe(sum('of a variable'));
    expect(files.get('sum-2')).toBe(sum('of a variable'));
    expect(files.get('sum-3')).toBe(sum('of the directory'));
    expect(lines.join('\n')).not.toContain('s3cret');
  });

  it('can be the files of a mounted Secret, which are links through ..data', async () => {
    await write({
      Dockerfile: [
        `FROM ${busybox}`,
        'RUN --mount=type=secret,id=token,required=true sha256sum </run/secrets/token >/sum',
      ].join('\n'),
      'secrets/..2026_01_01_00_00_00.123456789/token': value,
    });
    await symlink('..2026_01_01_00_00_00.123456789', join(room, 'secrets/..data'));
    await symlink('..data/token', join(room, 'secrets/token'));
    const settings = { image: 'app', root: room, secrets: [], secretsDirectory: 'secrets' };
    const { context } = testContext({ env, cwd: room });
    expect(await secretFlags(context, settings)).toEqual(['--secret', `id=token,src=${join(room, 'secrets/token')}`]);
    const { reference } = await build({ secretsDirectory: join(room, 'secrets') });
    const sum = createHash('sha256').update(value).digest('hex');
    expect(filesOf(reference).get('sum')).toBe(`${sum}  -\n`);
  });

  it.each([
    ['a file that does not exist', [{ id: 'tok', src: 'none' }], 'the file none does not exist'],
    ['a variable that is not set', [{ id: 'tok', env: 'NOT_SET' }], 'the variable NOT_SET is not set'],
    ['neither a file nor a variable of its name', [{ id: 'tok' }], 'the file tok does not exist'],
    ['a file outside the repository', [{ id: 'tok', src: '/etc/hostname' }], 'outside the repository'],
    ['a link that leaves the repository', [{ id: 'tok', src: 'link' }], 'outside the repository'],
  ])('are checked before the build starts: %s', async (_, secrets, why) => {
    await write({ Dockerfile: 'FROM scratch\nCOPY . /\n' });
    await symlink('/etc/hostname', join(room, 'link'));
    const before = (await server.log()).length;
    await expect(build({ secrets })).rejects.toMatchObject({ kind: 'input', why: expect.stringContaining(why) });
    expect((await server.log()).slice(before)).not.toContain('Solve');
  });

  it('are reported missing with the line of the Dockerfile that needs one', async () => {
    await write({ Dockerfile: `FROM ${busybox}\nRUN --mount=type=secret,id=tok,required=true true\n` });
    await expect(build()).rejects.toMatchObject({ kind: 'input', message: 'Dockerfile line 2 needs the secret tok' });
  });
});

describe.skipIf(whyNoBuildKit !== undefined || findTool('ssh-keygen', process.env.PATH ?? '') === undefined)(
  'the ssh key of a Dockerfile',
  () => {
    const dockerfile = () =>
      `FROM ${busybox}\nRUN --mount=type=ssh,required=true test -S "$SSH_AUTH_SOCK" && echo yes >/yes\n`;
    const makeKey = (path: string) => execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);

    it('is ssh-privatekey in the directory of secrets, or a named file', async () => {
      await write({ Dockerfile: dockerfile() });
      await mkdir(join(room, 'secrets'));
      makeKey(join(room, 'secrets/ssh-privatekey'));
      await chmod(join(room, 'secrets/ssh-privatekey'), 0o600);
      const byDirectory = await build({ ssh: 'default', secretsDirectory: join(room, 'secrets') });
      expect(filesOf(byDirectory.reference).get('yes')).toBe('yes\n');
      const named = await build({ ssh: `default=${join(room, 'secrets/ssh-privatekey')}`, noCache: true });
      expect(filesOf(named.reference).get('yes')).toBe('yes\n');
    });

    it('may come from the repository, the home directory or the mounted Secret only', async () => {
      await write({ 'repo/Dockerfile': dockerfile(), 'secrets/..data/other': 'x', 'home/.ssh/config': '' });
      for (const key of ['secrets/..data/ssh-privatekey', 'tls.key', 'home/.ssh/id', 'repo/id'])
        makeKey(join(room, key));
      await symlink('..data/ssh-privatekey', join(room, 'secrets/ssh-privatekey'));
      await symlink('../tls.key', join(room, 'repo/link'));
      const settings = { image: 'app', root: join(room, 'repo'), secretsDirectory: join(room, 'secrets') };
      const flags = (ssh: string, home = join(room, 'home')) =>
        sshFlags(testContext({ env: { HOME: home }, cwd: room }).context, { ...settings, ssh });
      for (const key of ['repo/id', 'home/.ssh/id', 'secrets/ssh-privatekey']) {
        expect(await flags(`x=${join(room, key)}`)).toEqual(['--ssh', `x=${await realpath(join(room, key))}`]);
      }
      expect(await flags('x=id')).toEqual(['--ssh', `x=${join(await realpath(room), 'repo/id')}`]);
      for (const path of [join(room, 'tls.key'), '../tls.key', 'link', '../secrets/..data/other']) {
        for (const home of [join(room, 'home'), '/', '']) {
          await expect(flags(`x=${path}`, home)).rejects.toMatchObject({
            kind: 'input',
            why: expect.stringContaining('in neither the repository nor the home directory'),
          });
        }
      }
    });

    it('is never that of the user where the repository is one of strangers', async () => {
      await write({ 'home/.ssh/id': '', 'repo/id': '', 'secrets/ssh-privatekey': '', socket: '' });
      await symlink('../home/.ssh/id', join(room, 'repo/link'));
      const environment = { HOME: join(room, 'home'), SSH_AUTH_SOCK: join(room, 'socket') };
      const flags = (ssh: string, secretsDirectory?: string) =>
        sshFlags(testContext({ env: environment, cwd: room }).context, {
          ...{ image: 'app', root: join(room, 'repo'), userKeys: false, ssh },
          secretsDirectory: secretsDirectory && join(room, secretsDirectory),
        });
      for (const ssh of ['default', 'x', `x=${join(room, 'home/.ssh/id')}`, 'x=../home/.ssh/id', 'x=link']) {
        await expect(flags(ssh)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(ssh) });
      }
      expect(await flags('x=id')).toEqual(['--ssh', `x=${join(await realpath(room), 'repo/id')}`]);
      expect(await flags('default', 'secrets')).toEqual(['--ssh', `default=${join(room, 'secrets/ssh-privatekey')}`]);
    });

    it('is reported missing before the build starts', async () => {
      await write({ Dockerfile: dockerfile() });
      await expect(build({ ssh: 'default' })).rejects.toMatchObject({
        kind: 'input',
        why: 'SSH_AUTH_SOCK is not set, or its agent does not exist',
      });
      await expect(build({ ssh: 'deploy=none' })).rejects.toMatchObject({ kind: 'input', why: 'none does not exist' });
      await expect(build({ noCache: true })).rejects.toMatchObject({
        kind: 'input',
        message: 'Dockerfile line 2 needs an ssh key',
      });
    });
  },
);
