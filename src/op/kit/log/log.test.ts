import { expect, test } from 'vitest';
import { table } from './format.js';
import { createLog } from './log.js';
import { coloured, inLine, oneLine, printable } from './printable.js';

function logInto(tty: boolean, debug = false) {
  const written: string[] = [];
  const now = () => new Date('2026-11-21T10:20:30.5Z');
  const log = createLog({
    write: (text) => written.push(text),
    tty,
    now,
    debug,
    clean: (text) => text.replace('pw', '***'),
  });
  return { log, text: () => written.join('') };
}

test('in a pod every line is complete, and progress has a timestamp', () => {
  const { log, text } = logInto(false);
  log.step('clone pw');
  log.progress('still at it');
  log.warn('careful');
  log.debug('hidden');
  expect(text()).toBe('clone ***\n10:20:30 still at it\nwarning: careful\n');
});

test('a table shows text from elsewhere without what controls a terminal, in columns that fit', () => {
  const rows = [
    ['\u001b]0;owned\u0007\u001b[2Jdev', 'r1'],
    ['production', '\u202er2'],
  ];
  expect(table(rows)).toBe('dev         r1\nproduction  r2');
});

test.each([
  ['done: 2 images; next: op publish --build-result=x', 'done: 2 images\n'],
  ['next: op set-image --environment dev', ''],
  ['', '\n'],
  ['\ntable; next: op x\n', '\ntable; next: op x\n\n'],
  ['next: optional', 'next: optional\n'],
])('in a pod nobody can type the next command: %j', (said, written) => {
  const text: string[] = [];
  const clean = (one: string) => one;
  const log = createLog({
    write: (one) => text.push(one),
    tty: false,
    now: () => new Date(),
    debug: false,
    clean,
    inPod: true,
  });
  log.step(said);
  expect(text.join('')).toBe(written);
});

test('on a terminal, progress is one line that is rewritten', () => {
  const { log, text } = logInto(true, true);
  log.progress('one');
  log.progress('two');
  log.step('done');
  log.debug('shown');
  const erase = '\r\u001b[2K';
  expect(text()).toBe(`${erase}one${erase}two${erase}done\ndebug: shown\n`);
});

test.each([
  ['\u001b[1;31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007x', 'x'],
  ['\u001b]8;;http://x\u001b\\link', 'link'],
  ['\u001bcreset', 'reset'],
  ['a\tb\nc\r\nd', 'a\tb\nc\nd'],
  ['back\u0008\u0008\u0000\u009b31m', 'back31m'],
  ['\u202eevil\u2066', 'evil'],
  ['one\u2028two\u2029', 'onetwo'],
  ['ü日本 👩‍💻', 'ü日本 👩‍💻'],
])('%j is printed as %j', (text, expected) => expect(printable(text)).toBe(expected));

test.each([
  ['plain', 'plain'],
  ['\u001b[1;31mred\u001b[0m text', '\u001b[1;31mred\u001b[0m text\u001b[0m'],
  ['\u001b]52;c;\u001b[0mZWNobw==\u0007x', '\u001b[0mZWNobw==x\u001b[0m'],
  ['\u001b[2J\u001b[1;1Hmoved', 'moved'],
  ['1 %\r50 %\r100 %\r', '100 %'],
  ['\r', ''],
  ['x', 'x'],
  ['', ''],
])('of %j, a terminal gets %j', (line, expected) => expect(coloured(line)).toBe(expected));

test('a line of 300,000 carriage returns or spaces is ready at once', () => {
  const start = performance.now();
  expect(coloured(`old\r${'\r'.repeat(300_000)}x${'\r'.repeat(300_000)}`)).toBe('x');
  expect(inLine(`a${' '.repeat(300_000)}b\n`)).toBe(`a${' '.repeat(300_000)}b`);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('text on one line is cut between characters', () => {
  expect(oneLine(' a\n\tb  c ')).toBe('a b c');
  expect(oneLine('👍'.repeat(5), 4)).toBe('👍👍👍…');
});

test('a value in a line or in a table cannot start a line of its own', () => {
  for (const lineBreak of ['\n', '\r\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029', ' \n\n  ']) {
    expect(inLine(`web${lineBreak}done:  2`)).toBe('web done:  2');
  }
  expect(
    table([
      ['IMAGE', 'PLAN'],
      ['web\npublished 2 of 2', 'copy'],
    ]),
  ).toBe('IMAGE                 PLAN\nweb published 2 of 2  copy');
});

test('further lines of a warning are indented', () => {
  const { log, text } = logInto(false);
  log.warn('one\nwarning: two');
  expect(text()).toBe('warning: one\n         warning: two\n');
});

test('details are shown at once on a terminal and with --debug, and kept back elsewhere', () => {
  for (const [tty, debug] of [
    [true, false],
    [false, true],
  ]) {
    const { log, text } = logInto(tty === true, debug);
    log.detail('#1 pw');
    log.details().add('[web] #2');
    expect([text(), log.keptBack()]).toEqual(['#1 ***\n[web] #2\n', '']);
  }
  const { log, text } = logInto(false);
  const [web, api] = [log.details(), log.details()];
  web.add('[web] #1 pw');
  api.add('[api] #1');
  log.detail('asked');
  web.add('[web] #2');
  api.forget();
  expect(text()).toBe('');
  expect(log.keptBack()).toBe(
    '--- what led to it; see every line as it comes with --debug\n' +
      '10:20:30 [web] #1 ***\n10:20:30 asked\n10:20:30 [web] #2\n---\n',
  );
});

test('of a program that prints without end, only the last lines are kept, and of a line only its start, without its password', () => {
  const { log } = logInto(false);
  for (let line = 1; line <= 1300; line++) log.detail(`line ${line}`);
  // What is cut in the middle does not look like a password any more.
  log.detail(`${'x'.repeat(999)}pw`);
  log.detail('y'.repeat(10_000_000));
  const lines = log.keptBack().trimEnd().split('\n');
  expect(lines).toHaveLength(302);
  expect(lines[0]).toContain('what led to it, without 1002 earlier lines; ');
  expect(lines.at(-3)).toBe(`10:20:30 ${'x'.repeat(999)}*…`);
  expect(lines.at(-2)).toHaveLength(1010);
});
