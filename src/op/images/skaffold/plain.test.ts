import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { plannable } from '../../../../test/op/shapes/plannable.js';
import { plant } from '../../../../test/op/shapes/plant.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { formatReference } from '../../systems/registry/reference.js';
import { readArtifacts, readWithSkaffold } from './artifacts.js';
import { askSkaffold, dryRun } from './build.js';
import { readPlain } from './plain.js';
import type { Project } from './project.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'plain-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const environment = (env: Readonly<Record<string, string>> = {}) => ({
  PATH: withTools(['skaffold', 'git']).PATH,
  HOME: room,
  ...env,
});
const projectIn = (directory: string, more: Partial<Project> = {}): Project => ({
  directory,
  file: 'skaffold.yaml',
  profiles: [],
  namespace: undefined,
  platforms: [],
  insecure: [],
  env: {},
  ...more,
});

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args]);

/** A repository with one commit, and with folders for contexts. */
async function repository(yaml: string): Promise<string> {
  const directory = await mkdtemp(join(room, 'repository-'));
  for (const folder of ['app', 'lib/deep', 'a.b']) {
    await mkdir(join(directory, folder), { recursive: true });
    await writeFile(join(directory, folder, 'file'), folder);
  }
  await writeFile(join(directory, 'skaffold.yaml'), yaml);
  git(directory, 'init', '--quiet', '--initial-branch=main');
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--message=one');
  return directory;
}

/** What op and Skaffold read of a file, each on its own. */
async function both(project: Project, prefix: string | undefined, env = environment()) {
  const { context } = testContext({ cwd: project.directory, env });
  const said = (names: Awaited<ReturnType<typeof dryRun>>) =>
    names.map(({ imageName, reference }) => `${imageName} ${formatReference(reference)}`);
  const [plain, ours, theirs, ourNames, theirNames] = await Promise.all([
    readPlain(context, project),
    readArtifacts(context, project),
    readWithSkaffold(context, project),
    dryRun(context, project, prefix).then(said),
    askSkaffold(context, project, prefix).then(said),
  ]);
  return {
    plain: plain !== undefined,
    ours: { artifacts: ours.artifacts, oneByOne: ours.oneByOne, names: ourNames },
    theirs: { artifacts: theirs.artifacts, oneByOne: theirs.oneByOne, names: theirNames },
  };
}

const file = (artifacts: string, more = '') =>
  `apiVersion: skaffold/v4beta13\nkind: Config\n${more}build:\n  artifacts:\n${artifacts}`;
const one = file('    - image: web\n');

describe('a plain skaffold.yaml, compared with Skaffold', () => {
  it('is read as Skaffold reads it, in every shape that has one', async () => {
    const plain: string[] = [];
    for (const shape of plannable.filter(({ profiles = [], env = {} }) => profiles.length === 0 && !('PATH' in env))) {
      const planted = await plant(shape);
      const project = projectIn(planted.directory, shape.file === undefined ? {} : { file: shape.file });
      const prefix = shape.repository === undefined ? 'localhost:5000/shop' : (shape.repository ?? undefined);
      const { context } = testContext({ cwd: planted.directory, env: environment(shape.env) });
      if ((await readPlain(context, project)) !== undefined) {
        const read = await both(project, prefix, environment(shape.env));
        expect(read.ours, shape.name).toEqual(read.theirs);
        plain.push(shape.from);
      }
      await planted.remove();
    }
    expect([...new Set(plain)].sort()).toEqual([
      'buildpacks-on-own-base',
      'buildpacks-with-aliases',
      'file-in-a-folder',
      'image-names',
      'linked-context',
      'manifests-v3',
      'one-dockerfile',
    ]);
  });

  it('has the same images, settings and names for 30 generated files', async () => {
    const name = fc.constantFrom(
      'web',
      'team/api',
      'gcr.io/acme/a',
      'localhost:5001/x',
      'a.b_c',
      'docker.io/library/m',
    );
    const context = fc.constantFrom('.', 'app', 'lib/deep', './app', 'app/../lib', 'a.b');
    const builder = fc.oneof(
      fc.constant({}),
      fc
        .record(
          {
            dockerfile: fc.constantFrom('Dockerfile', 'build/Dockerfile', '../Dockerfile.x'),
            target: fc.constantFrom('final', 'test'),
            buildArgs: fc.dictionary(
              fc.constantFrom('A', 'B_C'),
              fc.constantFrom('x', '1', 'yes', 'a b', '$HOME', '', '~'),
            ),
          },
          { requiredKeys: [] },
        )
        .map((docker) => ({ docker })),
      fc
        .record({ builder: fc.constantFrom('b/x:1', 'BUILDER'), env: fc.constantFrom([], ['A=b c']) })
        .map((buildpacks) => ({ buildpacks })),
      fc.constantFrom('sh build.sh', 'make "x y" | cat', 'true').map((buildCommand) => ({ custom: { buildCommand } })),
    );
    const artifact = fc
      .tuple(fc.record({ image: name, context }, { requiredKeys: ['image'] }), builder)
      .map(([head, tail]) => ({ ...head, ...tail }));
    const config = fc.record({
      apiVersion: fc.constantFrom('skaffold/v4beta1', 'skaffold/v4beta6', 'skaffold/v4beta13'),
      kind: fc.constant('Config'),
      build: fc.record(
        {
          artifacts: fc.uniqueArray(artifact, { minLength: 1, maxLength: 4, selector: ({ image }) => image }),
          tagPolicy: fc.constant({ gitCommit: {} }),
          local: fc.record({ push: fc.boolean(), concurrency: fc.constantFrom(0, 1, 3) }, { requiredKeys: [] }),
        },
        { requiredKeys: ['artifacts'] },
      ),
    });
    const prefix = fc.constantFrom('localhost:5000/shop', 'ghcr.io/acme', 'web', undefined);
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(config, prefix, fc.boolean(), async (written, repositoryOfAll, dirty) => {
        const directory = await repository(stringify(written));
        if (dirty) await writeFile(join(directory, 'app/new'), '');
        const read = await both(projectIn(directory), repositoryOfAll);
        if (read.plain) plain += 1;
        expect(read.ours).toEqual(read.theirs);
      }),
      { numRuns: 30 },
    );
    // Otherwise it would compare Skaffold with itself.
    expect(plain).toBeGreaterThan(15);
  });

  it.each([
    ['a tag of the commit', (directory: string) => git(directory, 'tag', 'v1.2.3')],
    [
      'commits after a tag',
      (directory: string) => {
        git(directory, 'tag', 'v1');
        git(directory, 'commit', '--quiet', '--allow-empty', '--message=two');
      },
    ],
    ['a tag that no image can have', (directory: string) => git(directory, 'tag', 'release/1+x')],
    ['an untracked file', (directory: string) => writeFile(join(directory, 'app/new'), '')],
    [
      'an ignored file',
      async (directory: string) => {
        await writeFile(join(directory, '.git/info/exclude'), 'new');
        await writeFile(join(directory, 'new'), '');
      },
    ],
    [
      'a context that is a link',
      async (directory: string) => {
        await rm(join(directory, 'app'), { recursive: true });
        await symlink('lib', join(directory, 'app'));
      },
    ],
    ['no repository', (directory: string) => rm(join(directory, '.git'), { recursive: true })],
    [
      'no commit',
      async (directory: string) => {
        await rm(join(directory, '.git'), { recursive: true });
        git(directory, 'init', '--quiet');
      },
    ],
  ])('has the same names with %s', async (_, change) => {
    const directory = await repository(file('    - image: web\n      context: app\n    - image: api\n'));
    await change(directory);
    const read = await both(projectIn(directory), 'localhost:5000/shop');
    expect(read.ours.names).toEqual(read.theirs.names);
  });
});

it('a plain skaffold.yaml needs no Skaffold', async () => {
  const directory = await repository(one);
  const { context } = testContext({ cwd: directory, env: { PATH: '/usr/bin:/bin', HOME: room } });
  await expect(readWithSkaffold(context, projectIn(directory))).rejects.toThrow();
  expect((await readArtifacts(context, projectIn(directory))).artifacts).toHaveLength(1);
  expect(await dryRun(context, projectIn(directory), 'ghcr.io/acme')).toHaveLength(1);
});

describe('Skaffold reads', () => {
  it.each([
    ['a template', file('    - image: web\n      docker: { buildArgs: { A: "{{.B}}" } }\n')],
    ['a number without digits', file('    - image: web\n      context: .nan\n')],
    ['a number', file('    - image: web\n      docker: { buildArgs: { PORT: 80 } }\n')],
    ['a word that YAML 1.1 takes for a boolean', file('    - image: web\n      docker: { buildArgs: { A: yes } }\n')],
    ['a number with colons', file('    - image: web\n      docker: { buildArgs: { A: 12:30:45 } }\n')],
    ['an anchor', file('    - &a { image: web }\n')],
    ['a tag of YAML', file('    - image: !!str web\n')],
    ['two documents', `${one}---\n${one}`],
    ['a profile', `${one}profiles:\n  - name: a\n    activation: [{ env: A=b }]\n`],
    ['a module', file('    - image: web\n', 'requires: [{ path: other.yaml }]\n')],
    ['another tag policy', `${one}  tagPolicy: { sha256: {} }\n`],
    ['a variant of the tag policy', `${one}  tagPolicy: { gitCommit: { variant: Branches } }\n`],
    ['hooks', file('    - image: web\n      hooks: { before: [{ command: [a] }] }\n')],
    ['platforms', file('    - image: web\n      platforms: [linux/arm64]\n')],
    ['two builders', file('    - image: web\n      ko: {}\n')],
    ['an unknown field', file('    - image: web\n      contxt: app\n')],
    ['an image with a tag', file('    - image: web:v1\n')],
    ['the same image twice', file('    - image: web\n    - image: web\n')],
    [
      'a cycle',
      file('    - image: a\n      requires: [{ image: b }]\n    - image: b\n      requires: [{ image: a }]\n'),
    ],
    ['a required image that is not there', file('    - image: a\n      requires: [{ image: b }]\n')],
    ['an old version', one.replace('v4beta13', 'v2beta29')],
    ['an unknown version', one.replace('v4beta13', 'v4beta99')],
    ['a repeated key', `${one}kind: Config\n`],
    ['no image', 'apiVersion: skaffold/v4beta13\nkind: Config\n'],
  ])('%s', async (_, yaml) => {
    const directory = await mkdtemp(join(room, 'not-plain-'));
    await writeFile(join(directory, 'skaffold.yaml'), yaml);
    const { context } = testContext({ cwd: directory, env: environment() });
    expect(await readPlain(context, projectIn(directory))).toBeUndefined();
  });

  it('whatever a flag, a variable or its own configuration may change', async () => {
    const directory = await mkdtemp(join(room, 'plain-'));
    await writeFile(join(directory, 'skaffold.yaml'), one);
    const read = (more: Partial<Project>, env: Record<string, string> = {}) =>
      readPlain(testContext({ cwd: directory, env: environment(env) }).context, projectIn(directory, more));
    expect(await read({})).toBeDefined();
    expect(await read({}, { SKAFFOLD_DEFAULT_REPO: 'ghcr.io/x' })).toBeDefined();
    await writeFile(join(directory, 'skaffold.env'), 'SKAFFOLD_TAG=v1\n');
    expect(await read({})).toBeUndefined();
    await rm(join(directory, 'skaffold.env'));
    expect(await read({ profiles: ['-ci'] })).toBeUndefined();
    expect(await read({ platforms: ['linux/arm64'] })).toBeUndefined();
    expect(await read({}, { SKAFFOLD_TAG: 'v1' })).toBeUndefined();
    expect(await read({ env: { SKAFFOLD_ASSUME_YES: 'true' } })).toBeUndefined();
    const config = join(room, 'home/.skaffold/config');
    await mkdir(dirname(config), { recursive: true });
    await writeFile(config, 'global: { multi-level-repo: true }\n');
    expect(await read({}, { HOME: join(room, 'home') })).toBeUndefined();
    await writeFile(config, 'global: { collect-metrics: false }\n');
    expect(await read({}, { HOME: join(room, 'home') })).toBeDefined();
  });
});
