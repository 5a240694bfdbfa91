import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { parseEnvFlags, prepareEnv, resolveEnv } from './container-env.js';

describe('--env', () => {
  it('accepts NAME=VALUE, with any value, and NAME', () => {
    expect(parseEnvFlags(['A=1', 'B==x=', 'C=', 'D', 'E.f-g=ü $(id)', 'A=2'])).toEqual({
      A: '2',
      B: '=x=',
      C: '',
      D: null,
      'E.f-g': 'ü $(id)',
    });
  });

  it.each(['=s3cret', ' A=s3cret', 'A B=s3cret', '#A=s3cret', 'A\nB=s3cret', ' '])(
    'rejects %j, and does not show it',
    (text) => {
      expect(() => parseEnvFlags([text])).toThrow(
        expect.objectContaining({ kind: 'usage', message: expect.not.stringContaining('s3cret') }),
      );
    },
  );
});

describe('the variables of a container', () => {
  it('take their value from the environment when none is given, or are skipped with a warning', () => {
    const { context, printed } = testContext({ env: { HERE: 'here', EMPTY: '' } });
    const values = resolveEnv(context, { A: '1', HERE: null, EMPTY: null, GONE: null }, '.run.yaml');
    expect(Object.fromEntries(values)).toEqual({ A: '1', HERE: 'here', EMPTY: '' });
    expect(printed).toEqual(['warning: skipping GONE: it has no value in .run.yaml or in the environment']);
  });

  it.each([{ 'A B': 's3cret' }, { '': 's3cret' }, { A: 's3cret\0' }])('cannot be %j', (variables) => {
    let error: unknown;
    try {
      resolveEnv(testContext().context, variables, '.run.yaml');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ kind: 'input', why: expect.stringContaining('(.run.yaml)') });
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });

  it.each(['PATH', 'LD_PRELOAD', 'DOCKER_CONFIG', 'CONTAINERS_CONF', 'HOME', 'https_proxy'])(
    'of several lines do not change %s of the container engine, which op starts',
    async (name) => {
      const { context } = testContext({ env: { [name]: 'mine' } });
      const given = prepareEnv(context, new Map([[name, '/repository/bin:\n']]));
      await expect(given).rejects.toMatchObject({ kind: 'input', message: expect.stringContaining(name) });
      await using same = await prepareEnv(context, new Map([[name, 'mine']]));
      expect(same.env).toEqual({});
    },
  );

  it('are in a file that only this user can read, removed afterwards; long ones are passed directly', async () => {
    const values = new Map([
      ['A', ' a b  '],
      ['LINES', 'a\nb'],
      ['LONG', 'x'.repeat(100_000)],
    ]);
    let path: string;
    {
      await using prepared = await prepareEnv(testContext().context, values);
      const { flags, env } = prepared;
      expect(flags).toEqual([expect.stringMatching(/^--env-file=\//u), '--env=LINES', '--env=LONG']);
      expect(Object.keys(env)).toEqual(['LINES', 'LONG']);
      path = flags[0]?.replace('--env-file=', '') ?? '';
      expect(await readFile(path, 'utf8')).toBe('A= a b  \n');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    expect(existsSync(path)).toBe(false);
  });
});
