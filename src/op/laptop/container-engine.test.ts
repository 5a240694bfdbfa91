import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../test/op/test-context.js';
import { detectEngine, findEngine } from './container-engine.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'engine-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const context = () => testContext({ env: { PATH: directory } }).context;
/** A program that only answers the question whether it can be used. */
async function has(program: string, answer: string, exitCode = 0): Promise<void> {
  const file = join(directory, program);
  await writeFile(file, `#!/bin/sh\necho '${answer}' >&${exitCode === 0 ? 1 : 2}\nexit ${exitCode}\n`);
  await chmod(file, 0o755);
}

describe('the engine', () => {
  it('is docker when both answer, or the one that is wanted', async () => {
    await has('docker', ' init version: de40ad0');
    await has('podman', 'host:');
    expect(await detectEngine(context(), 'auto')).toEqual({ program: 'docker', init: true });
    expect(await detectEngine(context(), 'podman')).toEqual({ program: 'podman', init: false });
  });

  it('is podman when docker is on PATH and does not answer', async () => {
    await has('docker', 'Cannot connect to the Docker daemon at unix:///x', 1);
    await has('podman', 'host:');
    expect(await detectEngine(context(), 'auto')).toEqual({ program: 'podman', init: false });
  });

  it('has no init when its daemon does not find one', async () => {
    await has('docker', ' init version: N/A');
    expect(await detectEngine(context(), 'auto')).toEqual({ program: 'docker', init: false });
  });

  it('is reported missing with a reason for each, and what to do', async () => {
    await has('docker', 'Cannot connect to the Docker daemon at unix:///x', 1);
    await expect(findEngine(context(), 'auto', 'cannot run api')).rejects.toMatchObject({
      kind: 'tool',
      message: 'cannot run api',
      why: 'docker is on PATH, but does not answer: Cannot connect to the Docker daemon at unix:///x\npodman is not on PATH',
      hint: expect.stringContaining('start Docker'),
    });
    await has('docker', 'permission denied while trying to connect to the Docker daemon socket', 1);
    await expect(findEngine(context(), 'docker', 'x')).rejects.toMatchObject({
      hint: expect.stringContaining('group docker'),
    });
  });
});
