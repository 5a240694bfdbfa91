import { expect, test } from 'vitest';
import { deadlineError, exitCodes, Interrupted, inputError, refusedError, toolError, usageError } from './op-error.js';
import { report } from './report.js';

const explanation = { what: 'cannot do it', why: 'one reason\nand another', hint: 'do this' };

test.each([
  [usageError, 2],
  [inputError, 3],
  [toolError, 4],
  [deadlineError, 5],
  [refusedError, 6],
])('an expected failure is three lines and its exit code (%#)', (make, exitCode) => {
  expect(report(make(explanation), false)).toEqual({
    exitCode,
    text: 'error: cannot do it\n  why: one reason\n       and another\n  do:  do this\n',
  });
});

test('a line break in what failed does not start a line', () => {
  const { text } = report(toolError({ what: 'image "x\nwarning: y" failed', why: 'w\nv', hint: 'h\ni' }), false);
  expect(text).toBe('error: image "x warning: y" failed\n  why: w\n       v\n  do:  h\n       i\n');
});

test('the exit codes are the documented ones', () => {
  expect(exitCodes).toEqual({ unexpected: 1, usage: 2, input: 3, tool: 4, deadline: 5, refused: 6 });
  expect(report(new Interrupted('SIGINT'), false)).toEqual({ text: 'stopped by SIGINT\n', exitCode: 130 });
  expect(report(new Interrupted('SIGTERM'), false).exitCode).toBe(143);
});

test.each([new TypeError('x is not a function'), 'a text', undefined])(
  'an unexpected error is a bug in op (%#)',
  (thrown) => {
    const { text, exitCode } = report(thrown, false);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^error: .*bug in op\n {2}why: .*\n {2}do: {2}.*--debug.*\n$/u);
    expect(text).not.toContain('    at ');
  },
);

test('the stack and that of the cause are printed only with --debug', () => {
  const failure = toolError({ ...explanation, cause: new Error('below') });
  expect(report(failure, false).text).not.toContain('    at ');
  expect(report(failure, true).text).toMatch(/ {4}at [\s\S]*caused by Error: below\n {4}at /u);
});

test('the error of the work is reported, not that of the clean-up after it', async () => {
  const work = async () => {
    await using _broken = { [Symbol.asyncDispose]: () => Promise.reject(new Error('cannot remove it')) };
    throw toolError(explanation);
  };
  const thrown = await work().catch((error: unknown) => error);
  expect(report(thrown, false)).toEqual(report(toolError(explanation), false));
});

test('secrets and terminal control characters are never printed', () => {
  const why =
    'fatal: https://bob:s3cret@example.com/x \u001b[31mred\u001b[0m \u001b]0;title\u0007 Authorization: Basic Ym9iOnMzY3JldA==';
  const { text } = report(toolError({ what: 'it failed', why, hint: 'x' }), true);
  expect(text).toContain('https://***@example.com/x red');
  expect(text).not.toMatch(/s3cret|Ym9iOnMzY3JldA/u);
  for (const character of '\u001b\u0007') expect(text).not.toContain(character);
});
