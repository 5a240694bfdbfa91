import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test, vi } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { parseDuration } from '../../kit/options/duration.js';
import { option } from '../../kit/options/option.js';
import { readRequest } from '../../kit/options/read-request.js';
import { createProgram } from '../program.js';
import { command } from './command.js';
import { addFlags, textsOf } from './flags.js';

/** One option of each kind. */
const options = {
  text: option.text('x'),
  list: option.list('x'),
  each: option.repeatable('x'),
  on: option.flag('x', { default: true }),
  off: option.flag('x'),
  form: option.choice('x', ['text', 'json'], { default: 'text' }),
  timeout: option.duration('x', { default: '10m' }),
};

/** What a command with these options is asked for. */
function read(...argv: string[]) {
  const flags = new Command('x').exitOverride().configureOutput({ outputError: () => {} });
  addFlags(flags, options);
  return readRequest('x', options, textsOf(flags.parse(argv, { from: 'user' })));
}

const defaults = { list: [], each: [], on: true, off: false, form: 'text', timeout: 600_000 };

test('without flags there are the defaults', () => expect(read()).toEqual(defaults));

test('empty is the default, for every kind', () => {
  const empty = ['--text=', '--list=', '--each=', '--on=', '--off=', '--form=', '--timeout='];
  expect(read(...empty)).toEqual(defaults);
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
  const attempt = command({
    name: 'try',
    description: 'x',
    options: { text: option.text('x') },
    run: async ({ propertiesFile }, request) => void seen.push([propertiesFile, request]),
  });
  const extra = (argv: readonly string[]) => createProgram(context, [attempt]).parseAsync([...argv], { from: 'user' });
  await extra(['try', '--text=', '--config=of-flag']);
  await extra(['--config=', 'try', '--text=a']);
  expect(seen).toEqual([
    ['of-flag', {}],
    ['of-env', { text: 'a' }],
  ]);
});

test('an option wins over its alias, unless it is empty', async () => {
  const file = { file: option.text('x', { aliases: ['filename'], default: 'usual' }) };
  const flags = () => {
    const made = new Command('x').exitOverride();
    addFlags(made, file);
    return made;
  };
  const fileOf = (...argv: string[]) => readRequest('x', file, textsOf(flags().parse(argv, { from: 'user' }))).file;
  expect(fileOf()).toBe('usual');
  expect(fileOf('--filename=b')).toBe('b');
  expect(fileOf('--file=a', '--filename=b')).toBe('a');
  expect(fileOf('--file=', '--filename=b')).toBe('b');
});

test('a required option that is missing or empty is a usage error that says why', async () => {
  const required = { why: 'nobody can guess it', hint: 'give a name' };
  const { context } = testContext();
  const greet = command({
    name: 'greet',
    description: 'x',
    options: { theName: option.text('x', { required }) },
    run: async ({ out }, { theName }) => out(theName.toUpperCase()),
  });
  const missing = createProgram(context, [greet]).parseAsync(['greet', '--the-name='], { from: 'user' });
  await expect(missing).rejects.toMatchObject({ kind: 'usage', message: 'op greet needs --the-name', ...required });
});

test('the outputs of a command are written to the files that are named, and others refused before the work', async () => {
  const { context, printed } = testContext();
  const directory = await mkdtemp(join(tmpdir(), 'outputs-'));
  const work = vi.fn(async () => ({ LEFT: 'l', RIGHT: 'r' }));
  const split = command({ name: 'split', description: 'x', options: {}, outputs: ['LEFT', 'RIGHT'], run: work });
  const run = (...argv: string[]) => createProgram(context, [split]).parseAsync(['split', ...argv], { from: 'user' });
  await expect(run('--result=UP=/nowhere')).rejects.toMatchObject({ kind: 'usage' });
  expect(work).not.toHaveBeenCalled();
  await run(`--result=RIGHT=${join(directory, 'right')}`);
  expect(await readFile(join(directory, 'right'), 'utf8')).toBe('r');
  expect(printed).toEqual([]);
  await rm(directory, { recursive: true });
});

test('the help of a group names the words of its commands as they do', () => {
  const program = createProgram(testContext().context);
  const mirror = program.commands.find((one) => one.name() === 'mirror');
  const help = mirror?.helpInformation() ?? '';
  expect(help).toContain('import [options] <file>');
  expect(help).toContain('prune [options]');
  expect(help).not.toContain('...]');
  const own = mirror?.commands.find((one) => one.name() === 'import')?.helpInformation() ?? '';
  expect(own).toMatch(/Arguments:\n +file +the file of the other tool/u);
});
