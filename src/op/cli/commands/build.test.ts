import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';

let op: Op;
let repository: SampleRepository;

beforeAll(async () => {
  op = await bundledOp();
});
afterAll(() => op.dispose());
beforeEach(async () => {
  repository = await makeSampleRepository();
});
afterEach(() => repository.remove());

const left = () => readdirSync(op.temporary);

describe('op build without a Docker daemon', () => {
  it('builds every image, and keeps neither images nor a list', async () => {
    const ran = await op.run(repository.directory, ['build']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    const short = repository.git('rev-parse', '--short', 'HEAD');
    expect(ran.stderr).toMatch(
      new RegExp(`^base +base:${short} +[0-9a-f]{12} +\\d+ B +skaffold +built .*\nteam/app +team_app:${short} `, 'mu'),
    );
    expect(ran.stderr.trim().split('\n').at(-1)).toBe('done: 2 images built, nothing pushed; next: op push');
    expect(existsSync(join(repository.directory, 'build_result.json'))).toBe(false);
    expect(left()).toEqual([]);
  });

  it('needs no reachable registry', async () => {
    const ran = await op.run(repository.directory, ['build', '--default-repo=registry.invalid/x']);
    expect(ran.exitCode).toBe(0);
  });

  it('fails when a build fails, and leaves nothing running', async () => {
    await repository.write({ 'build-image.sh': '#!/bin/sh\necho cannot compile\nexit 1\n' });
    const ran = await op.run(repository.directory, ['build']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('cannot compile');
    expect(left()).toEqual([]);
  });

  it('does not accept the outputs of a push', async () => {
    const ran = await op.run(repository.directory, ['build', '--result=IMAGE_URL=/tmp/x']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('use one of the outputs CHAINS-GIT_URL, CHAINS-GIT_COMMIT');
  });
});
