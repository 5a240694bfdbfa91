import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { readWithSkaffold } from './artifacts.js';
import type { Project } from './project.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'same-profiles-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

interface Condition {
  readonly command?: string;
  readonly env?: string;
  readonly kubeContext?: string;
}
type Profiles = Readonly<Record<string, readonly Condition[]>>;

/** A configuration whose images tell which profiles were applied, and in which order: `app`, `app-release`, … */
const config = (image: string, profiles: Profiles, more: Readonly<Record<string, unknown>> = {}) =>
  stringify({
    apiVersion: 'skaffold/v4beta11',
    kind: 'Config',
    metadata: { name: image },
    ...more,
    build: { tagPolicy: { sha256: {} }, artifacts: [{ image, docker: {} }] },
    profiles: Object.entries(profiles).map(([name, activation]) => ({
      name,
      ...(activation.length > 1 ? { requiresAllActivations: true } : {}),
      activation,
      patches: [{ op: 'add', path: '/build/artifacts/-', value: { image: `${image}-${name}`, docker: {} } }],
    })),
  });

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What Skaffold builds. */
  readonly images: readonly string[];
  readonly refused?: boolean;
}

const byCommand: Profiles[string] = [{ command: 'build' }];
const byVariable: Profiles[string] = [{ env: 'STAGE=staging' }];
const env = { STAGE: 'staging', VERSION: 'v1.2.3' };
const main = (profiles: Profiles, more?: Readonly<Record<string, unknown>>) => ({
  'skaffold.yaml': config('app', profiles, more),
});
const withModule = (profiles: Profiles, ofModule: Profiles, how: Readonly<Record<string, unknown>> = {}) => ({
  ...main(profiles, { requires: [{ path: 'module', ...how }] }),
  'module/skaffold.yaml': config('lib', ofModule),
});

const cases: Readonly<Record<string, Case>> = {
  'one that activates by command before one by a variable': {
    files: main({ release: byCommand, staging: byVariable }),
    images: ['app', 'app-release', 'app-staging'],
  },
  'one that activates by command after one by a variable': {
    files: main({ staging: byVariable, release: byCommand }),
    images: ['app', 'app-staging', 'app-release'],
  },
  'several of both': {
    files: main({ a: byVariable, b: byCommand, c: [{ env: 'STAGE=other' }], d: byVariable, e: byCommand }),
    images: ['app', 'app-a', 'app-b', 'app-d', 'app-e'],
  },
  'all in one line': {
    files: {
      'skaffold.yaml': `{apiVersion: skaffold/v4beta11, kind: Config, build: {tagPolicy: {sha256: {}}, artifacts: [{image: app, docker: {}}]}, profiles: [{name: a, activation: [{command: build}], build: {artifacts: [{image: app-a, docker: {}}]}}, {name: b, activation: [{env: STAGE=staging}], build: {artifacts: [{image: app-b, docker: {}}]}}]}\n`,
    },
    images: ['app-b'],
  },
  'one for other commands': {
    files: main({ a: [{ command: 'dev' }], b: [{ command: '!build' }], c: [{ command: 'diagnose' }], d: byCommand }),
    images: ['app', 'app-d'],
  },
  'one for all commands': { files: main({ a: [{ command: '.*' }], b: byCommand }), images: ['app', 'app-a', 'app-b'] },
  'two exclamation marks': { files: main({ a: [{ command: '!!build' }] }), images: ['app', 'app-a'] },
  'one that needs all conditions': {
    files: main({ a: [{ command: 'build' }, { env: 'STAGE=stag.*' }], b: [{ command: 'build' }, { env: 'STAGE=' }] }),
    images: ['app', 'app-a'],
  },
  'a named one': {
    files: main({ release: byCommand, staging: byVariable, other: [] }),
    profiles: ['other'],
    images: ['app', 'app-release', 'app-staging', 'app-other'],
  },
  'a named one that is active anyway': {
    files: main({ release: byCommand, staging: byVariable }),
    profiles: ['staging', 'release'],
    images: ['app', 'app-release', 'app-staging'],
  },
  'one that is switched off': {
    files: main({ release: byCommand, staging: byVariable }),
    profiles: ['-release'],
    images: ['app', 'app-staging'],
  },
  'another one that is switched off': {
    files: main({ release: byCommand, staging: byVariable }),
    profiles: ['-staging'],
    images: ['app', 'app-release'],
  },
  'one of a module with the same name': {
    files: withModule({ release: byCommand }, { release: [] }),
    images: ['lib', 'app', 'app-release'],
  },
  'one of a module with the same name and another order': {
    files: withModule({ release: byCommand, staging: byVariable }, { staging: byVariable, release: [] }),
    images: ['lib', 'lib-staging', 'app', 'app-release', 'app-staging'],
  },
  'one that a module gets by activatedBy': {
    files: withModule(
      { release: byCommand, staging: byVariable },
      { fast: [], release: [] },
      { activeProfiles: [{ name: 'fast', activatedBy: ['release'] }] },
    ),
    images: ['lib', 'lib-fast', 'app', 'app-release', 'app-staging'],
  },
  'one of a module only': {
    files: withModule({ staging: byVariable }, { release: byCommand }),
    images: ['lib', 'lib-release', 'app', 'app-staging'],
  },
  'one of a module, and another of the same name': {
    files: withModule({ release: [] }, { release: byCommand }),
    images: ['lib', 'lib-release', 'app'],
    refused: true,
  },
  'one of both': {
    files: withModule({ release: byCommand, staging: byVariable }, { release: byCommand, staging: byVariable }),
    images: ['lib', 'lib-release', 'lib-staging', 'app', 'app-release', 'app-staging'],
  },
  'one of both in another order': {
    files: withModule({ release: byCommand, staging: byVariable }, { staging: byVariable, release: byCommand }),
    images: ['lib', 'lib-staging', 'lib-release', 'app', 'app-release', 'app-staging'],
    refused: true,
  },
  'a named one that reaches a module': {
    files: withModule({ release: byCommand }, { other: [], staging: byVariable }),
    profiles: ['other'],
    images: ['lib', 'lib-staging', 'lib-other', 'app', 'app-release'],
  },
  'a named one that reaches a module which has the one by command': {
    files: withModule({ release: byCommand }, { other: [], release: [] }),
    profiles: ['other'],
    images: ['lib', 'lib-other', 'app', 'app-release'],
    refused: true,
  },
  'a module for which the named ones do not count': {
    files: withModule({ release: byCommand, other: [] }, { other: [] }),
    profiles: ['other'],
    env: { SKAFFOLD_PROPAGATE_PROFILES: 'false' },
    images: ['lib', 'app', 'app-release', 'app-other'],
  },
  'none that activates by itself': {
    files: main({ release: byCommand, other: [] }),
    profiles: ['other'],
    env: { SKAFFOLD_PROFILE_AUTO_ACTIVATION: 'false' },
    images: ['app', 'app-other'],
  },
  'two documents with other names': {
    files: {
      'skaffold.yaml': `${config('one', { a: byCommand, b: byVariable })}---\n${config('two', { c: byCommand })}`,
    },
    images: ['one', 'one-a', 'one-b', 'two', 'two-c'],
  },
  'two documents with the same name': {
    files: { 'skaffold.yaml': `${config('one', { a: byCommand })}---\n${config('two', { a: [] })}` },
    images: ['one', 'one-a', 'two'],
    refused: true,
  },
  'a document of a module': {
    files: {
      ...main({ a: byCommand }, { requires: [{ path: 'module/skaffold.yaml', configs: ['two'] }] }),
      'module/skaffold.yaml': `${config('one', { a: byCommand })}---\n${config('two', { b: byVariable })}`,
    },
    images: ['two', 'two-b', 'app', 'app-a'],
  },
  'a module of a module, with skaffold.yml': {
    files: {
      ...main({ a: byVariable }, { requires: [{ path: 'm' }] }),
      'm/skaffold.yaml': config('m', { b: byVariable }, { requires: [{ path: '../n/skaffold.yml' }] }),
      'n/skaffold.yml': config('n', { c: byCommand }),
    },
    images: ['n', 'n-c', 'm', 'm-b', 'app', 'app-a'],
  },
  'an expression that op does not evaluate, in one that is first': {
    files: main({ a: [{ env: 'VERSION=^v(\\d+\\.)+\\d+$' }], b: byCommand }),
    images: ['app', 'app-a', 'app-b'],
  },
  'an expression that op does not evaluate, in one that is last': {
    files: main({ a: byCommand, b: [{ env: 'VERSION=^v(\\d+\\.)+\\d+$' }] }),
    images: ['app', 'app-a', 'app-b'],
    refused: true,
  },
  'a Kubernetes context that comes first': {
    files: main({ a: [{ kubeContext: 'prod' }], b: byCommand }),
    images: ['app', 'app-b'],
  },
  'a Kubernetes context that comes last': {
    files: main({ a: byCommand, b: [{ kubeContext: 'prod' }] }),
    images: ['app', 'app-a'],
    refused: true,
  },
  'an anchor': {
    files: {
      'skaffold.yaml': config('app', { a: byCommand, b: byVariable }).replace(
        'apiVersion',
        '.anchors: &none\n  unused: true\napiVersion',
      ),
    },
    images: ['app', 'app-a', 'app-b'],
  },
  'variables in skaffold.env': {
    files: { ...main({ a: byCommand, b: [{ env: 'OTHER=1' }] }), 'skaffold.env': 'OTHER=1\n' },
    images: ['app', 'app-a', 'app-b'],
    refused: true,
  },
};

describe('op reads the images with the profiles of skaffold build', () => {
  it.each(Object.entries(cases))('%s', async (_, { files, profiles = [], env: more, images, refused = false }) => {
    const directory = await mkdtemp(join(room, 'project-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    const all = { ...withTools(['skaffold']), HOME: room, ...env, ...more };
    const output = join(directory, 'builds.json');
    const flags = ['--dry-run', '--interactive=false', '--update-check=false', `--file-output=${output}`];
    execFileSync('skaffold', ['build', ...flags, ...profiles.map((name) => `--profile=${name}`)], {
      cwd: directory,
      env: all,
    });
    const { builds }: { builds: { imageName: string }[] } = JSON.parse(await readFile(output, 'utf8'));
    expect(builds.map(({ imageName }) => imageName)).toEqual(images);

    const { context } = testContext({ cwd: directory, env: all });
    const project: Project = {
      ...{ directory, file: 'skaffold.yaml', profiles, namespace: undefined, platforms: [], insecure: [], env: {} },
    };
    const read = readWithSkaffold(context, project).then(({ artifacts }) => artifacts.map(({ image }) => image));
    if (refused)
      await expect(read).rejects.toMatchObject({ kind: 'input', why: expect.stringContaining('by command') });
    else expect(await read).toEqual(images);
  });
});
