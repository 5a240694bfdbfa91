import { Command } from 'commander';
import { expect, test } from 'vitest';
import { testContext } from '../../../test/op/test-context.js';
import { choice, duration, flag, list, optional, parseDuration, repeatable } from './option.js';
import { createProgram } from './program.js';

/** The options of a command with one of each kind, as an action gets them. */
function read(...argv: string[]) {
  const command = new Command('x')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addOption(optional('--text <text>', 'x'))
    .addOption(list('--list <items>', 'x'))
    .addOption(repeatable('--each <item>', 'x'))
    .addOption(flag('--on', 'x', true))
    .addOption(flag('--off', 'x'))
    .addOption(choice('--form <form>', 'x', ['text', 'json']))
    .addOption(duration('--timeout <duration>', 'x', '10m'));
  return command.parse(argv, { from: 'user' }).opts();
}

const defaults = { list: [], each: [], on: true, off: false, form: 'text', timeout: 600_000 };

test('without flags there are the defaults', () => expect(read()).toEqual(defaults));

test('empty is the default, for every kind but a text, which stays empty', () => {
  const empty = ['--text=', '--list=', '--each=', '--on=', '--off=', '--form=', '--timeout='];
  expect(read(...empty)).toEqual({ ...defaults, text: '' });
});

test('an empty value does not take back an earlier one', () => {
  expect(read('--text=a', '--text=', '--timeout=5s', '--timeout=', '--on=false', '--on=')).toMatchObject({
    text: 'a',
    timeout: 5000,
    on: false,
  });
});

test('values', () => {
  const argv = [
    '--text=a,b',
    '--list=a, b,,c',
    '--list=d',
    '--each=a,b',
    '--each=c',
    '--on=false',
    '--off',
    '--form=json',
  ];
  expect(read(...argv)).toEqual({
    text: 'a,b',
    list: ['a', 'b', 'c', 'd'],
    each: ['a,b', 'c'],
    on: false,
    off: true,
    form: 'json',
    timeout: 600_000,
  });
});

test.each([
  '--on=yes',
  '--off=1',
  '--form=yaml',
  '--timeout=10',
  '--timeout=1d',
  '--timeout=-5s',
  '--timeout=0s',
  '--timeout=1000h',
  '--unknown',
  'word',
])('%s is refused', (argument) => expect(() => read(argument)).toThrow(expect.objectContaining({ exitCode: 1 })));

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
])('%s is a duration', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

test('a command gets no empty values, and the properties file of the flag before that of the environment', async () => {
  const seen: unknown[] = [];
  const { context } = testContext({ env: { OCTOPILOT_PIPELINE_PROPERTIES: 'of-env' } });
  const extra = (argv: readonly string[]) =>
    createProgram(context, [
      (program, action) =>
        program
          .command('try')
          .addOption(optional('--text <text>', 'x'))
          .action(action(async ({ propertiesFile }, options) => void seen.push([propertiesFile, options]))),
    ]).parseAsync([...argv], { from: 'user' });
  await extra(['try', '--text=', '--config=of-flag']);
  await extra(['--config=', 'try', '--text=a']);
  expect(seen).toEqual([
    ['of-flag', {}],
    ['of-env', { text: 'a' }],
  ]);
});
