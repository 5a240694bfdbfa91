/** What op makes of Skaffold's words: each failure is one of the real Skaffold. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPasswordRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import type { OpError } from '../../kit/errors/op-error.js';
import { runBuild } from './build.js';

let room: string;
let open: LocalRegistry;
let closed: LocalRegistry;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'explain-test-'));
  [open, closed] = await Promise.all([startRegistry(), startPasswordRegistry()]);
});
afterAll(() => Promise.all([rm(room, { recursive: true, force: true }), open?.stop(), closed?.stop()]));

const head = 'apiVersion: skaffold/v4beta13\nkind: Config\n';
const build = (text: string) => `${head}build:\n  tagPolicy: {sha256: {}}\n${text}`;
/** An image and the command that builds it. */
const custom = (image: string, command: string, more = '') =>
  `    - image: ${image}\n      context: .\n${more}      custom: {buildCommand: ${JSON.stringify(command)}, dependencies: {paths: [a.txt]}}\n`;

interface Case {
  readonly files: Readonly<Record<string, string>>;
  /** Where images are pushed to. */
  readonly to?: () => string;
  readonly error: () => Readonly<Record<string, unknown>>;
  /** What the error does not say. */
  readonly not?: RegExp;
}

const push = 'printf x >layer && tar -cf layer.tar layer && crane append --oci-empty-base -f layer.tar -t $IMAGE';
const file = (text: string) => ({ 'skaffold.yaml': text });
const cannotRead = { kind: 'input', message: 'Skaffold cannot read skaffold.yaml' };

describe('a build of Skaffold that fails', () => {
  it.each<[string, Case]>([
    [
      'names the image that failed, and not those that were stopped because of it',
      {
        files: file(
          build(
            `  local: {concurrency: 0}\n  artifacts:\n${custom('base', push)}${custom(
              'app',
              'sleep 1; echo broken by design; exit 3',
              '      requires: [{image: base}]\n',
            )}${custom('web', 'exec sleep 20', '      requires: [{image: base}]\n')}`,
          ),
        ),
        error: () => ({
          kind: 'tool',
          message: 'building app failed',
          why: expect.stringMatching(
            /^skaffold ended with exit code \d+:\n(?:.*\n)*broken by design\n(?:.*\n)*.*exit status 3/u,
          ),
          hint: 'fix what the builder reports, and try it with: skaffold build --filename=skaffold.yaml',
        }),
        not: /Building \[|Generating tags|was canceled/u,
      },
    ],
    [
      'is bad input when the file has no version',
      {
        files: file('kind: Config\n'),
        error: () => ({ ...cannotRead, why: expect.stringContaining('missing apiVersion') }),
      },
    ],
    [
      'is bad input when the file is not there',
      {
        files: {},
        error: () => ({
          ...cannotRead,
          why: expect.stringMatching(/^skaffold config file .*skaffold\.yaml not found/u),
        }),
      },
    ],
    [
      'is bad input when Skaffold rejects a value of the file, which it reports once',
      {
        files: file(build(`  artifacts:\n${custom('a:v1', 'true')}`)),
        error: () => ({
          ...cannotRead,
          why: expect.stringMatching(
            /^source: \S+skaffold\.yaml, in unnamed config\[0\] on line 6 column 14: invalid image "a:v1": no tag should be specified[^\n]*$/u,
          ),
        }),
      },
    ],
    [
      'is bad input when there is no such tag policy',
      {
        files: file(
          `${head}build:\n  tagPolicy: {customTemplate: {template: '{{.A', components: []}}\n  artifacts:\n${custom('a', 'true')}`,
        ),
        error: () => ({
          ...cannotRead,
          why: 'creating tagger: parsing template: template: customTemplate:1: unclosed action',
        }),
      },
    ],
    [
      'suggests to log in when the registry refuses the push of a builder',
      {
        files: file(build(`  artifacts:\n${custom('app', push)}`)),
        to: () => `${closed.host}/team`,
        error: () => ({
          message: 'building app failed',
          hint: expect.stringContaining(`crane auth login ${closed.host}`),
        }),
      },
    ],
    [
      'suggests to push when the builder has not done it',
      {
        files: file(build(`  artifacts:\n${custom('app', 'true')}`)),
        error: () => ({
          message: 'building app failed',
          hint: expect.stringContaining('make the builder push to $IMAGE'),
        }),
      },
    ],
    [
      'suggests another builder when no Docker daemon answers',
      {
        files: { ...file(build('  artifacts:\n    - {image: app, docker: {}}\n')), Dockerfile: 'FROM scratch\n' },
        error: () => ({ hint: expect.stringContaining('needs no Docker daemon') }),
      },
    ],
  ])('%s', async (_, { files, to = () => `${open.host}/team`, error, not }) => {
    const directory = await mkdtemp(join(room, 'project-'));
    for (const [name, text] of Object.entries({ 'a.txt': 'a\n', ...files })) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    const env = {
      ...withTools(['skaffold', 'crane']),
      HOME: room,
      TMPDIR: room,
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
    };
    const { context } = testContext({ cwd: directory, env });
    const project = {
      ...{ directory, file: 'skaffold.yaml', profiles: [], namespace: undefined, platforms: [], insecure: [], env: {} },
    };
    const options = { repository: to(), push: true, cache: false, onLine: () => {} };
    const failure = await runBuild(context, project, options).then(
      () => expect.unreachable('it was built'),
      (thrown: OpError) => thrown,
    );
    expect(failure).toMatchObject(error());
    if (not !== undefined) expect(failure.why).not.toMatch(not);
  });
});
