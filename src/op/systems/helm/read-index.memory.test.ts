import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';

/** Half of the memory of a step of the Task `mirror`, as Node takes it. */
const heap = '--max-old-space-size=512';

/** Each is within the 32 MiB of an index. */
const script = `
import { readIndex } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'read-index.ts')).href)};
const yaml = (part) => 'entries:\\n  web:\\n' + part;
const fill = (text, bytes) => text.repeat(Math.floor(bytes / text.length));
const MiB = 1024 * 1024;
const list = (text) => () => '{"entries":{"web":[' + fill(text + ',', 31 * MiB) + '1]}}';
const cases = {
  'a version in each line': () => yaml(fill('    - version: 1.0.0\\n', 9.9 * MiB)),
  'items of nothing': () => yaml(fill('    -\\n', 7 * MiB)),
  'a list in one line': () => 'entries:\\n  web: [' + fill('1,', 9.9 * MiB) + '1]\\n',
  'a version with a hundred thousand fields': () => yaml('  - version: 1.0.0\\n' + Array.from({ length: 100_000 }, (_, at) => '    f' + at + ': 1\\n').join('')),
  'a version with a list in one line': () => yaml('  - version: 1.0.0\\n    x: [' + fill('1,', 9.9 * MiB) + '1]\\n'),
  'a version with lists of lists': () => yaml('  - version: 1.0.0\\n    x: [' + fill('[],', 0.9 * MiB) + ']\\n'),
  'a version with a long text': () => yaml('  - version: 1.0.0\\n    x: ' + fill('a ', 9.9 * MiB) + '\\n'),
  'anchors of anchors': () => yaml('  - version: 1.0.0\\n    a: &a [1,1,1,1,1,1,1,1,1,1]\\n' + Array.from('bcdefghi', (name, at) => '    ' + name + ': &' + name + ' [' + Array(10).fill('*' + 'abcdefgh'[at]).join() + ']\\n').join('')),
  'megabytes of ordinary versions': () => yaml(Array.from({ length: 2500 }, (_, at) => '  - version: 1.0.' + at + '\\n    notes: |\\n' + fill('      more about it, and more\\n', 1000)).join('')),
  'lines of nothing': () => yaml(fill('\\n', 31 * MiB)),
  'nothing but charts': () => 'entries:\\n' + Array.from({ length: 60_000 }, (_, at) => '  c' + at + ':\\n').join(''),
  'JSON: versions': list('{"version":"1"}'),
  'JSON: numbers': list('1'),
  'JSON: objects': list('{}'),
  'JSON: lists': list('[]'),
  'JSON: a deep list': () => '{"entries":{"web":' + '['.repeat(15 * MiB) + ']'.repeat(15 * MiB) + '}}',
  'JSON: charts': () => '{"entries":{' + Array.from({ length: 500_000 }, (_, at) => '"c' + at + '":1').join() + '}}',
};
for (const [name, content] of Object.entries(cases)) {
  process.stdout.write(name + ': ');
  const index = readIndex(content());
  const found = 'problem' in index ? index : index.versions('web');
  process.stdout.write((found === undefined ? 'no such chart' : 'problem' in found ? found.problem : found.length + ' versions') + '\\n');
}`;

it('an index within its limits never takes more memory than a pod has', { timeout: 120_000 }, async () => {
  const args = [heap, '--import', 'tsx', '--input-type=module', '--eval', script];
  const ended = await execa(process.execPath, args, { reject: false, timeout: 110_000 });
  const values = (line: number) =>
    `what it says of web has more than 20000 values for one version from line ${line} on`;
  const bytes = (line: number) =>
    `what it says of web has more than 1048576 bytes for one version from line ${line} on`;
  const versions = 'what it says of web has more than 10000 versions';
  const json = 'it is JSON with more than 1000000 values';
  expect(ended.stdout.split('\n')).toEqual([
    `a version in each line: ${versions}`,
    `items of nothing: ${versions}`,
    `a list in one line: ${bytes(2)}`,
    `a version with a hundred thousand fields: ${bytes(3)}`,
    `a version with a list in one line: ${bytes(3)}`,
    `a version with lists of lists: ${values(3)}`,
    `a version with a long text: ${bytes(3)}`,
    'anchors of anchors: what it says of web is too large when its anchors are followed (line 8)',
    'megabytes of ordinary versions: 2500 versions',
    'lines of nothing: it has more than 1500000 lines',
    'nothing but charts: it has more than 50000 charts',
    `JSON: versions: ${json}`,
    `JSON: numbers: ${json}`,
    `JSON: objects: ${json}`,
    `JSON: lists: ${json}`,
    `JSON: a deep list: ${json}`,
    'JSON: charts: no such chart',
  ]);
});
