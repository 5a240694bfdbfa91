import { expect, test } from 'vitest';
import { drawMermaid, drawText } from './graph-text.js';

const tasks = [
  { name: 'ship', needs: ['build', 'scan'], final: false, state: 'Skipped' },
  { name: 'build', needs: [], final: false, state: 'Succeeded' },
  { name: 'scan', needs: ['build'], final: false, state: 'Failed' },
  { name: 'tell', needs: [], final: true },
];

test('a row of the text for each step of the order', () => {
  expect(drawText(tasks)).toBe(
    [
      '1.  build (Succeeded)',
      '2.  scan (Failed)  <- build',
      '3.  ship (Skipped)  <- build, scan',
      'finally',
      '    tell',
      '',
    ].join('\n'),
  );
});

test('a flowchart with the edges and the states', () => {
  expect(drawMermaid(tasks)).toContain('  t1["build (Succeeded)"]:::done\n');
  expect(drawMermaid(tasks)).toContain('  t1 --> t0\n  t2 --> t0\n  t1 --> t2\n');
  expect(drawMermaid(tasks)).toContain('  subgraph finally\n    t3["tell"]\n  end\n');
});
