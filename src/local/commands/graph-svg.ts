import { type Drawn, looks, ranks } from './graph-text.js';

/** In pixels; a character of the font is about as wide as `letter`. */
const size = { letter: 7.5, box: 44, gapX: 48, gapY: 16, margin: 16, line: 16 };

interface Box {
  readonly task: Drawn;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A drawing as SVG, from left to right: tasks that can run at the same time are below each other. States are told by text and by colour. */
export function drawSvg(tasks: readonly Drawn[]): string {
  const dag = tasks.filter(({ final }) => !final);
  const last = tasks.filter(({ final }) => final);
  const known = ranks(dag);
  const height = Math.max(-1, ...known.values());
  const columns = Array.from({ length: height + 1 }, (_, rank) => dag.filter(({ name }) => known.get(name) === rank));
  const boxes = new Map<string, Box>();
  let x = size.margin;
  const place = (column: readonly Drawn[], top: number) => {
    const width =
      Math.max(...column.map(({ name, state = '' }) => Math.max(name.length, state.length))) * size.letter + 24;
    for (const [index, task] of column.entries()) {
      boxes.set(task.name, { task, x, y: top + index * (size.box + size.gapY), width });
    }
    x += width + size.gapX;
  };
  for (const column of columns) place(column, size.margin);
  const finallyAt = x;
  if (last.length > 0) place(last, size.margin + size.line + 8);
  const bottom = Math.max(0, ...[...boxes.values()].map(({ y }) => y + size.box)) + size.margin;
  const right = Math.max(2 * size.margin, x - size.gapX + size.margin);
  const edges = dag.flatMap((task) =>
    task.needs.flatMap((need) => {
      const [from, to] = [boxes.get(need), boxes.get(task.name)];
      return from === undefined || to === undefined ? [] : [edge(from, to)];
    }),
  );
  const line = finallyAt - size.gapX / 2;
  const finallyPart =
    last.length === 0
      ? []
      : [
          `  <path d="M${line} ${size.margin}V${bottom - size.margin}" stroke="#9e9e9e" stroke-dasharray="4 4"/>`,
          `  <text x="${finallyAt}" y="${size.margin + size.line - 4}" fill="#616161">finally</text>`,
        ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right} ${bottom}" width="${right}" height="${bottom}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`,
    `  <rect width="${right}" height="${bottom}" fill="#ffffff"/>`,
    ...edges,
    ...finallyPart,
    ...[...boxes.values()].map(box),
    '</svg>',
    '',
  ].join('\n');
}

function edge(from: Box, to: Box): string {
  const [startX, startY, endX, endY] = [from.x + from.width, from.y + size.box / 2, to.x, to.y + size.box / 2];
  const bend = size.gapX / 2;
  const curve = `M${startX} ${startY}C${startX + bend} ${startY} ${endX - bend} ${endY} ${endX} ${endY}`;
  return `  <path d="${curve}" fill="none" stroke="#757575"/>`;
}

function box({ task: { name, state }, x, y, width }: Box): string {
  const { fill, stroke } = looks(state);
  const middle = y + size.box / 2;
  const lines =
    state === undefined
      ? [`<text x="${x + 12}" y="${middle + 4}" fill="#212121">${escaped(name)}</text>`]
      : [
          `<text x="${x + 12}" y="${middle - 4}" fill="#212121">${escaped(name)}</text>`,
          `<text x="${x + 12}" y="${middle + 12}" fill="${stroke}">${escaped(state)}</text>`,
        ];
  return `  <g><rect x="${x}" y="${y}" width="${width}" height="${size.box}" rx="6" fill="${fill}" stroke="${stroke}"/>${lines.join('')}</g>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text of XML 1.0, which has no control characters. */
const escaped = (text: string) =>
  text.replace(/[^\P{Cc}\t\n]/gu, '').replace(/[&<>"']/gu, (character) => entities[character] ?? '');
