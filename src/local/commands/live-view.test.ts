import { expect, test } from 'vitest';
import { liveView } from './live-view.js';
import { tags } from './show-lines.js';

/** A terminal that knows what the view uses: newlines, up, and clear to the end. */
function terminal() {
  let lines: string[] = [''];
  let at = 0;
  return {
    write: (text: string) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal reads control characters
      for (const [part] of text.matchAll(/\u001b\[\d*[AJ]|\n|[^\u001b\n]+/gu)) {
        if (part === '\n') lines[++at] ??= '';
        else if (part.endsWith('A') && part.startsWith('\u001b')) at -= Number(part.slice(2, -1));
        else if (part === '\u001b[J') lines = [...lines.slice(0, at), ''];
        else lines[at] += part;
      }
    },
    seen: () => lines.join('\n').trimEnd(),
  };
}

const start = new Date('2026-01-01T00:00:00Z');

function view(columns = 40, rows = 24, colour = false) {
  const screen = terminal();
  let time = start;
  const made = liveView({ write: screen.write, size: () => ({ columns, rows }) }, tags(colour), () => time);
  return {
    ...made,
    seen: () => {
      made.draw();
      return screen.seen();
    },
    onScreen: screen.seen,
    later: (seconds: number) => {
      time = new Date(time.getTime() + seconds * 1000);
    },
    print: (text: string) => made.above(() => screen.write(`${text}\n`)),
  };
}

test('tasks that work are below the log, each with its step and its seconds, until they end', () => {
  const { row, print, seen, later, stop, onScreen } = view();
  const build = row('build');
  later(5);
  build.at('compile');
  row('lint').at('lint');
  print('[build : compile] hello');
  expect(seen()).toBe('[build : compile] hello\n    5s [build : compile]\n    0s [lint : lint]');
  later(60);
  build.end();
  print('bye');
  expect(seen()).toBe('[build : compile] hello\nbye\n  1m0s [lint : lint]');
  stop();
  print('TASK');
  expect(onScreen()).toBe('[build : compile] hello\nbye\nTASK');
  expect(seen()).toBe('[build : compile] hello\nbye\nTASK');
});

test('no row is longer than the terminal is wide, and no more are shown than it has room for', () => {
  const narrow = view(20, 5);
  for (let index = 0; index < 9; index++) narrow.row(`a-long-name-of-a-task-${index}`).at('step');
  const lines = narrow.seen().split('\n');
  expect(lines).toEqual(['    0s [a-long-name', '    0s [a-long-name', '  and 7 more']);
  narrow.stop();
});

test('nothing is drawn while it is hidden', () => {
  const { row, hide, seen, stop } = view();
  row('build').at('a');
  const shown = hide();
  expect(seen()).toBe('');
  shown();
  expect(seen()).toBe('    0s [build : a]');
  stop();
});
