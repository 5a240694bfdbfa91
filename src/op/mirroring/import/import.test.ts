import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logInto, testContext } from '../../../../test/op/test-context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { importFile, readImport } from './import.js';

const regsync = 'sync:\n  - { source: "a.test/a:v1", target: "r.test/a:v1", type: image, schedule: "@daily" }\n';
const skopeo = 'quay.test:\n  images:\n    a: [v1]\n';

let cwd: string;
let printed: string;
let said: string[];
const run = (
  words: readonly string[],
  request: { output?: string; force?: boolean; to?: string; partial?: boolean } = {},
) => {
  const { context } = testContext({
    cwd,
    out: (text) => {
      printed += text;
    },
    log: logInto(
      (text) => void said.push(text),
      () => {},
    ),
  });
  return importFile(context, { force: false, partial: false, ...request }, words);
};
const failureOf = async (work: Promise<void>): Promise<OpError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof OpError)) throw new Error('it did not fail');
  return error;
};

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'import-'));
  printed = '';
  said = [];
  await writeFile(join(cwd, 'regsync.yaml'), regsync);
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

describe('op mirror import', () => {
  it('prints the mirror file, and says what is not in it', async () => {
    await run(['regsync.yaml']);
    expect(printed).toMatch(/^# From regsync\.yaml\n\nversion: 1\n/u);
    expect(said).toEqual([
      'warning: regsync.yaml:2: sync[0].schedule is not taken over: a schedule starts op mirror run',
      'imported 1 image from a file of regsync',
    ]);
  });

  it('writes a file, but not over another one', async () => {
    await run(['regsync.yaml'], { output: 'mirror.yaml' });
    expect(await readFile(join(cwd, 'mirror.yaml'), 'utf8')).toContain('a.test/a:v1');
    expect(printed).toBe('');
    await writeFile(join(cwd, 'mirror.yaml'), 'mine');
    expect((await failureOf(run(['regsync.yaml'], { output: 'mirror.yaml' }))).why).toBe('it is there already');
    expect(await readFile(join(cwd, 'mirror.yaml'), 'utf8')).toBe('mine');
    await run(['regsync.yaml'], { output: 'mirror.yaml', force: true });
    expect(await readFile(join(cwd, 'mirror.yaml'), 'utf8')).toContain('a.test/a:v1');
  });

  it('writes nothing when the file is refused', async () => {
    await writeFile(join(cwd, 'regsync.yaml'), regsync.replace('a.test/a', '{{ . }}'));
    expect((await failureOf(run(['regsync.yaml'], { output: 'mirror.yaml' }))).exitCode).toBe(3);
    expect(await readFile(join(cwd, 'mirror.yaml'), 'utf8').catch(() => 'none')).toBe('none');
  });

  it.each([
    ['no file', [], {}, 2, 'none was given'],
    ['two files', ['a', 'b'], {}, 2, 'it was given 2: a b'],
    ['a file that is not there', ['other.yaml'], {}, 3, 'no such file'],
    ['a destination for regsync', ['regsync.yaml'], { to: 'r.test/{path}' }, 2, 'its steps have targets'],
  ])('refuses %s', async (_, words, request, exitCode, why) => {
    expect(await failureOf(run(words, request))).toMatchObject({ exitCode, why });
  });

  it.each([
    [regsync, undefined, 'regsync'],
    [skopeo, 'r.test/{path}', 'skopeo-sync'],
    [
      'kind: ImageSetConfiguration\nmirror:\n  additionalImages: [{ name: "a.test/b:v1" }]\n',
      'r.test/{path}',
      'imageset',
    ],
  ] as const)('recognises the tool by the content', (content, to, tool) => {
    expect(readImport('x.yaml', content, { to, partial: false }).tool).toBe(tool);
  });

  it.each([
    ['a file of no tool', 'a: b\n', 'r.test/{path}', /^cannot tell which tool/u],
    ['a list', '- a\n', 'r.test/{path}', /^cannot tell which tool/u],
    ['no destination', skopeo, undefined, /^--to is missing/u],
    ['a destination without a registry', skopeo, '{path}', /^--to must start with the registry/u],
    ['a destination with an unknown name', skopeo, 'r.test/{repo}', /^--to names \{repo\}/u],
    [
      'images that would have one place',
      'quay.test:\n  images:\n    a/x: [v1]\n    b/x: [v1]\n',
      'r.test/{name}',
      /^x\.yaml cannot be imported/u,
    ],
  ])('refuses %s', (_, content, to, what) => {
    expect(() => readImport('x.yaml', content, { to, partial: false })).toThrow(what);
  });
});
