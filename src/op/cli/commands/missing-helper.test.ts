/** The program of a credential helper that is not installed: named before anything starts, by every command that uses the registry. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { pushImage } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;
/** A directory with a docker config. */
let dockerConfig: string;

beforeAll(async () => {
  [op, registry] = await Promise.all([bundledOp(), startRegistry()]);
  const digest = await pushImage(`${registry.host}/dev/web:v1`, 1000);
  const builds = [{ imageName: 'web', tag: `${registry.host}/dev/web:v1@${digest}` }];
  repository = await makeSampleRepository({
    'build-image.sh': '#!/bin/sh\ntouch ../built\n',
    'list.json': JSON.stringify({ builds }),
  });
  dockerConfig = join(op.home, 'config');
  await mkdir(dockerConfig);
  const config = JSON.stringify({ credHelpers: { [registry.host]: 'nowhere' } });
  await writeFile(join(dockerConfig, 'config.json'), config);
});
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), repository?.remove()]));

const crane = (...args: string[]) =>
  execa('crane', args, { env: { ...withTools(['crane']), DOCKER_CONFIG: dockerConfig }, reject: false });

it.each<[string, () => readonly string[]]>([
  ['push', () => ['push', `--default-repo=${registry.host}/team`]],
  ['build-push', () => ['build-push', `--default-repo=${registry.host}/team`]],
  [
    'promote-image',
    () => [
      'promote-image',
      '--source=dev',
      '--destination=pp',
      `--source-repository=${registry.host}/dev`,
      `--destination-repository=${registry.host}/pp`,
      '--build-result=list.json',
    ],
  ],
])('op %s says so at once, and where crane fails too', async (_, args) => {
  for (const [flags, env] of [
    [[`--dockerconfig=${dockerConfig}`], {}],
    [[], { DOCKER_CONFIG: dockerConfig }],
  ] as const) {
    const { exitCode, stderr } = await op.run(repository.directory, [...args(), ...flags], env);
    expect([exitCode, stderr.split('\n').slice(-3)]).toEqual([
      3,
      [
        `error: cannot log in to ${registry.host}`,
        `  why: the credentials of ${registry.host} are in docker-credential-nowhere, which is not on PATH`,
        '  do:  install docker-credential-nowhere, or remove "nowhere" from the docker config and log in again',
      ],
    ]);
  }
  expect(existsSync(join(repository.directory, 'built'))).toBe(false);
  const copied = await crane('copy', `${registry.host}/dev/web:v1`, `${registry.host}/pp/web:v1`);
  expect([copied.exitCode, copied.stderr]).toEqual([1, expect.stringContaining('docker-credential-nowhere')]);
});

it('op doctor says it in the same words', async () => {
  const args = ['doctor', `--default-repo=${registry.host}/team`, `--dockerconfig=${dockerConfig}`, '--output=json'];
  const { stdout } = await op.run(repository.directory, args);
  const { findings }: { findings: readonly { name: string }[] } = JSON.parse(stdout);
  expect(findings.find(({ name }) => name === 'docker-credential-nowhere')).toMatchObject({
    state: 'missing',
    detail: `the credentials of ${registry.host} are in docker-credential-nowhere, which is not on PATH`,
    hint: 'install docker-credential-nowhere, or remove "nowhere" from the docker config and log in again',
  });
});
