import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseCodeOfFiles } from '../plan/repository-code.js';
import { readSafely } from './read-safely.js';

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'read-safely-'));
});
afterEach(() => rm(room, { recursive: true }));

const head = 'apiVersion: skaffold/v4beta13\nkind: Config\n';
const artifact = 'build:\n  artifacts:\n    - image: web\n      context: app\n';
/** Skaffold runs it while it reads the file. */
const code = 'container:{{cmd "touch" "ran"}}';
const network = (text: string) => `${head}${artifact}      docker:\n        network: ${text}\n`;
const inner = { 'inner/skaffold.yaml': network(`'${code}'`) };
const inBase64 = (text: string) => Buffer.from(text).toString('base64');
const patch = (operation: string) =>
  `${head}${artifact}profiles:\n  - name: p\n    activation: [{command: '.*'}]\n    patches:\n      - ${operation}\n`;

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(room, name)), { recursive: true });
    await writeFile(join(room, name), content);
  }
}

describe('what Skaffold could read differently is refused', () => {
  it.each<[string, string, Readonly<Record<string, string>>?]>([
    ['a template in Base64', network(`!!binary ${inBase64(code)}`)],
    ['the same after a directive', `%YAML 1.1\n---\n${network(`!!binary ${inBase64(code)}`)}`],
    ['modules in a merge key', `${head}<<: {requires: [{path: inner}]}\n${artifact}`, inner],
    ['the path of a module in a merge key', `${head}requires:\n  - <<: {path: inner}\n${artifact}`, inner],
    [
      'another repository in a merge key',
      `${head}<<: {requires: [{git: {repo: 'https://example.com/x'}}]}\n${artifact}`,
    ],
    ['the path of a module in Base64', `${head}requires:\n  - path: !!binary ${inBase64('inner')}\n${artifact}`, inner],
    ['an anchor', `${head}x: &m [{path: inner}]\nrequires: *m\n${artifact}`, inner],
    ['a path that is a number', `${head}requires:\n  - path: inner\n  - path: 7\n${artifact}`, inner],
    ['a path that YAML 1.1 reads as a number', `${head}requires:\n  - path: 1_0\n${artifact}`],
    ['a module at a URL', `${head}requires:\n  - path: https://example.com/skaffold.yaml\n${artifact}`],
    [
      'a field of a module that op does not know',
      `${head}requires:\n  - path: inner\n    from: elsewhere\n${artifact}`,
    ],
    ['modules that are no list', `${head}requires: {path: inner}\n${artifact}`, inner],
    ['a patch that adds modules', patch('{op: add, path: /requires, value: [{path: inner}]}'), inner],
    ['a patch that adds one module', patch('{op: add, path: /requires/-, value: {path: inner}}'), inner],
    ['a patch of everything', patch("{op: replace, path: '', value: {}}")],
    ['a patch that moves', patch('{op: move, from: /requires/0, path: /build/x}')],
    ['a patch without a path', patch('{op: add}')],
    ['a line break of YAML 1.1 in a comment', `${head}# x\u0085requires: [{path: inner}]\n${artifact}`, inner],
    ['another one', `${head}# x\u2028requires: [{path: inner}]\n${artifact}`, inner],
    ['a lone carriage return', `${head}# x\rrequires: [{path: inner}]\n${artifact}`, inner],
    ['a byte order mark', `\ufeff${head}${artifact}`],
    ['a key that is there twice', `${head}${artifact}requires: []\nrequires: [{path: inner}]\n`, inner],
    ['a template that writes another one', network(`'{{"{{c"}}md "touch" "ran"{{"}}"}}'`)],
    ['a template that prints one', network(`'{{printf "%smd" "{{c"}}'`)],
    ['a template over several lines', network(`"{{\\n.A\\n}}{{\\ncmd \\"touch\\"}}"`)],
    ['code in the second document', `${head}${artifact}---\n${network(`'${code}'`)}`],
    ['modules in the second document', `${head}${artifact}---\n${head}requires:\n  - path: inner\n`, inner],
  ])('%s', async (_, text, more = {}) => {
    await write({ 'skaffold.yaml': text, ...more });
    await expect(refuseCodeOfFiles(room, 'skaffold.yaml')).rejects.toMatchObject({ kind: 'refused' });
  });

  it.each(['', 'inner/'])(
    'skaffold.yml, which Skaffold reads beside a directory %sskaffold.yaml',
    async (directory) => {
      await write({
        [`${directory}skaffold.yaml/x`]: '',
        [`${directory}skaffold.yml`]: network(`'${code}'`),
        ...(directory === '' ? {} : { 'skaffold.yaml': `${head}requires:\n  - path: inner\n${artifact}` }),
      });
      await expect(refuseCodeOfFiles(room, 'skaffold.yaml')).rejects.toMatchObject({ kind: 'refused' });
    },
  );

  it('a skaffold.env that leads nowhere yet', async () => {
    await write({ 'skaffold.yaml': `${head}${artifact}` });
    await symlink('later', join(room, 'skaffold.env'));
    await expect(refuseCodeOfFiles(room, 'skaffold.yaml')).rejects.toMatchObject({ kind: 'refused' });
  });
});

describe('what both read alike is taken', () => {
  it.each([
    ['values of variables', network("'a{{.TAG}}-{{ .USER }}'")],
    ['comments with the signs of YAML', `${head}# &a *b !c <<: %d\n${artifact} # *bold*\n`],
    ['texts with these signs', network("'!x *y &z <<'")],
    ['line breaks of Windows', `${head}${artifact}`.replaceAll('\n', '\r\n')],
    ['other languages', `${head}# größer, 漢字, 🚀\n${artifact}`],
    ['patches of builds', patch('{op: replace, path: /build/artifacts/0/context, value: other}')],
    ['profiles without patches', `${head}${artifact}profiles:\n  - name: p\n    build: {tagPolicy: {sha256: {}}}\n`],
    ['blocks of text', `${head}${artifact}      custom:\n        buildCommand: |\n          & * ! <<\n`],
    ['several documents', `${head}metadata: {name: a}\n${artifact}---\n${head}metadata: {name: b}\n`],
    ['modules of the same file', `${head}requires:\n  - configs: [b]\n${artifact}`],
  ])('%s', async (_, text) => {
    await write({ 'skaffold.yaml': text });
    expect(await readSafely(join(room, 'skaffold.yaml'))).toBeTypeOf('object');
    await refuseCodeOfFiles(room, 'skaffold.yaml');
  });

  it('modules, by file and by directory, from where they are named', async () => {
    const text = `${head}requires:\n  - path: ../other/one.yaml\n    activeProfiles: [{name: p}]\n  - path: ./two\n`;
    await write({ 'here/skaffold.yaml': text, 'here/two/skaffold.yml': head });
    const read = await readSafely(join(room, 'here/skaffold.yaml'));
    expect(read).toMatchObject({ modules: [join(room, 'other/one.yaml'), join(room, 'here/two/skaffold.yaml')] });
    expect(await readSafely(join(room, 'here/two/skaffold.yaml'))).toBeTypeOf('object');
  });

  it('a file that is not there is left to Skaffold', async () => {
    expect(await readSafely(join(room, 'skaffold.yaml'))).toBeUndefined();
  });
});
