import { execa } from 'execa';
import { expect, test } from 'vitest';
import { starlarkHelper } from '../../../image/own-go-tool.js';

const cwd = starlarkHelper.source;
const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' };

test('the tests in Go of the helper for Starlark pass, and its source is formatted', async () => {
  const [format, tests] = await Promise.all([
    execa('gofmt', ['-l', '.'], { cwd, stdin: 'ignore' }),
    execa('go', ['test', '.'], { cwd, env, stdin: 'ignore', reject: false, all: true }),
  ]);
  expect(format.stdout).toBe('');
  expect([tests.exitCode, tests.all]).toEqual([0, expect.stringContaining('ok')]);
}, 120_000);
