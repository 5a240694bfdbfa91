import { expect, test } from 'vitest';
import { drawSvg } from './graph-svg.js';
import type { Drawn } from './graph-text.js';

const tasks: readonly Drawn[] = [
  { name: 'ship', needs: ['build', 'scan'], final: false, state: 'Skipped' },
  { name: 'build', needs: [], final: false, state: 'Succeeded' },
  { name: 'scan', needs: ['build'], final: false, state: 'Failed' },
  { name: 'tell', needs: [], final: true, state: 'Running' },
];

/** The elements of a document, or an Error for one that is not well-formed XML: a parser for what SVG needs. */
function elements(xml: string): readonly string[] {
  const found: string[] = [];
  const open: string[] = [];
  let rest = xml.trim();
  while (rest !== '') {
    const [tag, end = '', name = '', , self = ''] =
      /^<(\/?)([a-z]+)((?:\s+[A-Za-z-]+="(?:[^<&"]|&(?:amp|lt|gt|quot|apos);)*")*)\s*(\/?)>/u.exec(rest) ?? [];
    const [text] = /^(?:[^<&]|&(?:amp|lt|gt|quot|apos);)+/u.exec(rest) ?? [];
    if (tag !== undefined) {
      if (end !== '' && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      if (end === '' && self === '') open.push(name);
      if (end === '') found.push(name);
    } else if (text === undefined || open.length === 0) throw new Error(`not well-formed: ${rest.slice(0, 80)}`);
    rest = rest.slice((tag ?? text ?? '').length);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return found;
}

const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)/gu)].map(([, text]) => text);

/** Where the box of a task is, and its colours. */
function boxOf(svg: string, name: string) {
  const [, attributes = ''] = new RegExp(`<g><rect ([^>]*)/><text[^>]*>${name}<`, 'u').exec(svg) ?? [];
  const all = Object.fromEntries([...attributes.matchAll(/(\w+)="([^"]*)"/gu)].map(([, key, value]) => [key, value]));
  return { x: Number(all.x), y: Number(all.y), fill: all.fill };
}

test('a drawing is well-formed, with a box for each task, its state as text, and a line for each edge', () => {
  const svg = drawSvg(tasks);
  const found = elements(svg);
  expect(found.filter((name) => name === 'g')).toHaveLength(4);
  expect(found.filter((name) => name === 'path')).toHaveLength(4); // three edges, and the line before finally
  expect(textsOf(svg).toSorted()).toEqual(
    ['Failed', 'Running', 'Skipped', 'Succeeded', 'build', 'finally', 'scan', 'ship', 'tell'].toSorted(),
  );
});

test('what comes later is more to the right, and each state has its colour', () => {
  const svg = drawSvg(tasks);
  const places = ['build', 'scan', 'ship', 'tell'].map((name) => boxOf(svg, name).x);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(new Set(['build', 'scan', 'ship', 'tell'].map((name) => boxOf(svg, name).fill)).size).toBe(4);
});

test('text is escaped, and has no character that XML does not allow', () => {
  const svg = drawSvg([{ name: `<b>&"'\u0007`, needs: [], final: false, state: ']]><script>' }]);
  expect(elements(svg)).toContain('text');
  expect(textsOf(svg)).toEqual(['&lt;b&gt;&amp;&quot;&apos;', ']]&gt;&lt;script&gt;']);
});

test('a Pipeline without tasks and one without states are drawings, too', () => {
  expect(elements(drawSvg([]))).toEqual(['svg', 'rect']);
  expect(textsOf(drawSvg([{ name: 'one', needs: [], final: false }]))).toEqual(['one']);
});
