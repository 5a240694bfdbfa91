/** What a Dockerfile takes in from outside of its context, as BuildKit says it in the provenance of the build. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { type GitHost, startGitHost } from '../../../../test/op/git-host.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { withTools } from '../../../../test/tools.js';
import { baseImages } from '../dockerfile/base-images.js';
import { whyInputsUnknown } from './unknown-inputs.js';

/** `R/` is a registry, `H/` a web server, `G/` a Git server. */
const known: readonly (readonly [string, readonly string[]])[] = [
  ['FROM R/one\nCOPY . /x\n', ['R/one']],
  ['from R/one as a\nFROM scratch\nCOPY --from=a /bin/busybox /b\n', ['R/one']],
  ['\ufeff# escape=`\r\nFROM `\r\n # a comment\r\n R/one\r\nCMD ["x"]\r\n', ['R/one']],
  ['ARG V=one\nFROM R/${V}\n', ['R/one']],
  ['FROM R/one AS a\nFROM R/two\nCOPY --from=0 /bin/busybox /b\n', ['R/one', 'R/two']],
  ['FROM R/one AS a\nFROM a\nCOPY --from=R/two:latest /bin/busybox /b\n', ['R/one', 'R/two']],
  ['FROM R/one\nRUN --mount=from=R/two,target=/t --mount=type=cache,target=/c true\n', ['R/one', 'R/two']],
  ['FROM R/one\nRUN cat <<EOF >/out\nFROM R/two\nEOF\n', ['R/one']],
  ['FROM scratch\nCOPY <<"A" <<\'B\' /x/\nADD H/file /\nA\nb\nB\n', []],
  ['FROM scratch\nADD <<EOF /text\nADD H/file /\nEOF\n', []],
  ['FROM scratch\nADD --chmod=644 a.txt /x/\nCOPY --link --chown=1:1 a.txt /y/\n', []],
];
const unknown: readonly (readonly [string, readonly string[] | 'fails'])[] = [
  ['FROM scratch\nADD H/file /\n', ['H/file']],
  ['FROM scratch\nadd \\\n# a comment\n H/file /\n', ['H/file']],
  ['FROM scratch\nADD ["H/file", "/"]\n', ['H/file']],
  ['FROM scratch\nADD a.txt H/file /x/\n', ['H/file']],
  ['FROM scratch\nARG URL=H/file\nADD $URL /\n', ['H/file']],
  ['FROM scratch\nADD G/shared.git /\n', ['G/shared.git']],
  ['FROM R/base-$TARGETARCH\n', ['R/base-amd64']],
  ['ARG A=${TARGETARCH:-x}\nFROM R/base-$A\n', ['R/base-amd64']],
  ['FROM R/one\nRUN --mount=target=/t,FROM=R/two true\n', ['R/one', 'R/two']],
  ['FROM R/one\nRUN --mount=target=/t,"from=R/two" true\n', ['R/one', 'R/two']],
  ['FROM R/one\nARG V=two\nCOPY --from=R/$V /bin/busybox /b\n', 'fails'],
  ['FROM R/one\nCOPY --from="R/two" /bin/busybox /b\n', ['R/one', 'R/two']],
  ['FROM R/one\nRUN echo "<<CMD"\nCOPY --from=R/two /bin/busybox /b\n', ['R/one', 'R/two']],
  ['FROM R/one\nINCLUDE R/two\n', 'fails'],
];

describe.skipIf(whyNoBuildKit !== undefined)('what a Dockerfile takes in', () => {
  let registry: LocalRegistry;
  let server: LocalBuildKit;
  let git: GitHost;
  let web: Server;
  let room: string;
  let places: Readonly<Record<string, string>>;

  beforeAll(async () => {
    web = createServer((_, response) => response.end('x')).listen(0, '127.0.0.1');
    [registry, server, git, room] = await Promise.all([
      startRegistry(),
      startBuildKit(),
      startGitHost(),
      mkdtemp(join(tmpdir(), 'inputs-test-')),
      once(web, 'listening'),
    ]);
    await (await git.repository('shared.git')).commit('shared', { 'shared.txt': 'x' });
    const address = web.address();
    const port = typeof address === 'object' ? address?.port : 0;
    places = { R: registry.host, H: `http://127.0.0.1:${port}`, G: git.url };
    for (const name of ['one', 'two', 'base-amd64'])
      pushBusybox(`${registry.host}/${name}:latest`, { files: { name } });
  });
  afterAll(async () => {
    web?.close();
    await Promise.all([registry?.stop(), server?.stop(), git?.stop()]);
    await rm(room, { recursive: true, force: true });
  });

  const placed = (text: string) => text.replace(/\b([RHG])\//gu, (_, place: string) => `${places[place]}/`);
  const named = (uri: string) =>
    Object.entries(places).reduce((text, [place, at]) => text.replace(at, place), decodeURIComponent(uri));

  /** The materials of the build, in the words of the tables; undefined when it fails. */
  async function takenIn(text: string): Promise<readonly string[] | 'fails'> {
    const directory = await mkdtemp(join(room, 'context-'));
    await mkdir(join(directory, 'out'));
    await writeFile(join(directory, 'Dockerfile'), placed(text));
    await writeFile(join(directory, 'a.txt'), 'a');
    const local = [`--local=context=${directory}`, `--local=dockerfile=${directory}`];
    const output = ['--opt=attest:provenance=mode=max', `--output=type=local,dest=${join(directory, 'out')}`];
    const args = [`--addr=${server.address}`, 'build', '--frontend=dockerfile.v0', ...local, ...output];
    const built = await promisify(execFile)('buildctl', args, { env: withTools(['buildctl']) }).catch(() => undefined);
    if (built === undefined) return 'fails';
    const provenance: { predicate: { materials?: readonly { uri: string }[] } } = JSON.parse(
      await readFile(join(directory, 'out/provenance.json'), 'utf8'),
    );
    return (provenance.predicate.materials ?? [])
      .map(({ uri }) =>
        named(uri)
          .replace(/^pkg:docker\//u, '')
          .replace(/[@?#].*$/u, ''),
      )
      .sort();
  }

  it.concurrent.each(known)('of %j is known: only images that are watched', async (text, expected) => {
    expect(whyInputsUnknown(placed(text), {})).toBeUndefined();
    const taken = await takenIn(text);
    expect(taken).toEqual(expected);
    const watched = baseImages(placed(text), {})?.map((image) => named(image).replace(/:latest$/u, ''));
    expect(watched).toEqual(expect.arrayContaining([...taken]));
  });

  it.concurrent.each(unknown)('of %j is not known, and it gets no content tag', async (text, expected) => {
    expect(whyInputsUnknown(placed(text), {})).toBeDefined();
    expect(await takenIn(text)).toEqual(expected);
  });
});
