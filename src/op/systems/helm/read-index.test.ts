import { describe, expect, it } from 'vitest';
import { readIndex } from './read-index.js';

const digest = 'a'.repeat(64);
const versionsIn = (content: string, name = 'web') => {
  const index = readIndex(content);
  return 'problem' in index ? index : index.versions(name);
};
const entry = (version: string, indent = '  ') =>
  `${indent}- version: ${version}\n${indent}  digest: ${digest}\n${indent}  urls:\n${indent}  - web-${version}.tgz\n`;

describe('the index of a Helm repository', () => {
  it.each([
    [
      'as Helm writes it',
      `apiVersion: v1\nentries:\n  api:\n${entry('0.1.0')}  web:\n${entry('1.0.0')}generated: "now"\n`,
    ],
    [
      'with lists that are indented',
      `entries:\n    web:\n${entry('1.0.0', '      ')}    zip:\n${entry('2.0.0', '      ')}`,
    ],
    [
      'with quotes and comments',
      `# one\nentries: # two\n\n  # three\n  "web": # four\n${entry('1.0.0')}\n# five\n'x': 1\n`,
    ],
    ['with line ends of Windows', `entries:\n  web:\n${entry('1.0.0')}apiVersion: v1\n`.replaceAll('\n', '\r\n')],
    [
      'with texts of several lines that look like keys',
      `entries:\n  api:\n  - description: |\n      web:\n      - version: 9.0.0\n    home: "a\n      web: b"\n    version: 0.1.0\n  web:\n${entry('1.0.0')}`,
    ],
    ['in JSON', JSON.stringify({ entries: { web: [{ version: '1.0.0', digest, urls: ['web-1.0.0.tgz'] }] } })],
  ])('%s has the versions of a chart', (_, content) => {
    expect(versionsIn(content)).toEqual([{ version: '1.0.0', url: 'web-1.0.0.tgz', digest: `sha256:${digest}` }]);
    expect(versionsIn(content, 'other')).toBeUndefined();
  });

  it('reads versions as Helm does: 1.10 without quotes is 1.1, and what is no version is left out', () => {
    const written = ['1.10', '"1.10"', 'v1.2.3', '1.0.0+a.b', '1_0', 'latest', '../1', '1.0.0/x', '', '{}', '1.0.0-'];
    const content = `entries:\n  web:\n${written.map((version) => entry(version).replaceAll('\n    urls:\n', '\n    links:\n')).join('')}`;
    expect(versionsIn(content)).toEqual(
      ['1.1', '1.10', 'v1.2.3', '1.0.0+a.b', '10'].map((version) => ({
        version,
        url: undefined,
        digest: `sha256:${digest}`,
      })),
    );
  });

  it('does not care what other charts are', () => {
    const content = `entries:\n  api: [not, closed\n  web:\n${entry('1.0.0')}`;
    expect(versionsIn(content)).toHaveLength(1);
    expect(versionsIn(content, 'api')).toMatchObject({
      problem: expect.stringContaining('what it says of api is not YAML'),
    });
  });

  it.each([
    ['nothing', '', 'it has no entries'],
    ['entries in one line', 'entries: { web: [] }\n', 'its entries are not lines of their own'],
    [
      'a chart that is there twice',
      `entries:\n  web:\n${entry('1.0.0')}  web:\n${entry('2.0.0')}`,
      'which is there twice',
    ],
    ['something that is no chart', 'entries:\n  web\n', 'line 2 is not about a chart'],
    ['a long line', `entries:\n  web${' '.repeat(2_000_000)}x\n`, 'line 2 is not about a chart'],
  ])('that has %s is refused', (_, content, problem) => {
    expect(versionsIn(content)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it('that has none is empty, and a chart of a hundred thousand fields takes seconds', () => {
    expect(versionsIn('apiVersion: v1\nentries: {}\n')).toBeUndefined();
    expect(versionsIn('apiVersion: v1\nentries:\n')).toBeUndefined();
    const fields = Array.from({ length: 100_000 }, (_, at) => `    f${at}: 1\n`).join('');
    const start = Date.now();
    expect(versionsIn(`entries:\n  web:\n${entry('1.0.0')}${fields}`)).toHaveLength(1);
    expect(Date.now() - start).toBeLessThan(20_000);
  });

  const large = (line: string) => `entries:\n  web:\n${line.repeat(260_000)}`;
  it.each([
    ['entries', large('  - version: 1.0.0\n')],
    ['empty entries', large('  -\n')],
    ['numbers in a line', `entries:\n  web:\n  - [${'1,'.repeat(260_000)}1]\n`],
    ['entries within entries', `entries:\n  web:\n  ${'- '.repeat(260_000)}1\n`],
    ['keys without a value', `entries:\n  web:\n  - {${'? '.repeat(260_000)}}\n`],
  ])('with very many %s for one chart is refused before it takes memory', (_, content) => {
    expect(versionsIn(content)).toEqual({ problem: 'what it says of web has more than 250000 values' });
  });

  it('of very many lines, or of very many values in JSON, is refused', () => {
    expect(readIndex(`entries:\n${'#\n'.repeat(1_600_000)}`)).toEqual({ problem: 'it has more than 1500000 lines' });
    expect(readIndex(`{"entries":{"web":[${'{},'.repeat(1_600_000)}{}]}}`)).toEqual({
      problem: 'it has more than 3000000 values',
    });
  });
});
