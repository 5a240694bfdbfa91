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

  it('that has none is empty', () => {
    expect(versionsIn('apiVersion: v1\nentries: {}\n')).toBeUndefined();
    expect(versionsIn('apiVersion: v1\nentries:\n')).toBeUndefined();
  });

  it('has charts without versions, and lists in one line', () => {
    const content =
      'entries:\n  one:\n  two: []\n  three: null\n  four: [{ version: 1.0.0 }]\n  five:\n    a: b\n  web:\n';
    expect(['one', 'two', 'three', 'web'].map((name) => versionsIn(content, name))).toEqual([[], [], [], []]);
    expect(versionsIn(content, 'four')).toMatchObject([{ version: '1.0.0' }]);
    expect(versionsIn(content, 'five')).toEqual({ problem: 'what it says of five is not a list' });
  });

  it('may have thousands of versions, with much about each', () => {
    const notes = Array.from({ length: 40 }, (_, at) => `        - kind: added, number ${at}: one thing\n`).join('');
    const one = (at: number) => `${entry(`1.0.${at}`)}    annotations:\n      changes: |\n${notes}`;
    const content = `entries:\n  web:\n${Array.from({ length: 2000 }, (_, at) => one(at)).join('')}`;
    expect(versionsIn(content)).toHaveLength(2000);
  });

  it('names the line of what is no YAML', () => {
    expect(versionsIn(`entries:\n  web:\n${entry('1.0.0')}  - version: [1\n`)).toMatchObject({
      problem: expect.stringMatching(/^what it says of web is not YAML: .*\(line [78]\)$/u),
    });
  });
});
