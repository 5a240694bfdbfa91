import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTools } from '../../../../test/tools.js';
import { OpError } from '../../kit/errors/op-error.js';
import { parseReference } from '../../systems/registry/reference.js';
import type { DeliveredImage } from './images.js';
import { setKustomizeImage } from './kustomization.js';
import { checkUsed } from './used-images.js';
import { parseFile } from './yaml/documents.js';

const digest = `sha256:${'a'.repeat(64)}`;
const reference = (text: string) => {
  const parsed = parseReference(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
};
const image = (imageName: string, tag = ':v2'): DeliveredImage => ({
  imageName,
  repositories: [`r.io/dev/${imageName}`, `r.io/pp/${imageName}`],
  reference: reference(`r.io/pp/${imageName}${tag}@${digest}`),
});
const set = (text: string, what = image('web'), name = 'kustomization.yaml') =>
  setKustomizeImage(parseFile(name, text), what);
const entry = (pad: string) =>
  `${pad}- name: web\n${pad}  newName: r.io/pp/web\n${pad}  newTag: v2\n${pad}  digest: ${digest}\n`;

describe('the images of a kustomization', () => {
  it.each([
    [
      'an entry that has all',
      `images:\n- name: web # why\n  newName: "r.io/pp/web"\n  newTag: 'v1' # old\n  digest: sha256:b\n- name: api\n`,
      `images:\n- name: web # why\n  newName: "r.io/pp/web"\n  newTag: 'v2' # old\n  digest: ${digest}\n- name: api\n`,
    ],
    [
      'an entry without digest, in front of another',
      'images:\n  - name: web\n    newTag: v1 # old\n\n  # next\n  - name: api\n',
      `images:\n  - name: web\n    newTag: v2 # old\n    newName: r.io/pp/web\n    digest: ${digest}\n\n  # next\n  - name: api\n`,
    ],
    [
      'an entry by the repository of the environment, which needs no new name',
      'images:\n- name: r.io/pp/web\n',
      `images:\n- name: r.io/pp/web\n  newTag: v2\n  digest: ${digest}\n`,
    ],
    [
      'an entry by the repository that it was built in',
      'images:\n- name: r.io/dev/web\n',
      `images:\n- name: r.io/dev/web\n  newName: r.io/pp/web\n  newTag: v2\n  digest: ${digest}\n`,
    ],
    [
      'an entry by its new name',
      'images:\n- name: placeholder\n  newName: r.io/pp/web\n  newTag: v2\n  digest: x',
      `images:\n- name: placeholder\n  newName: r.io/pp/web\n  newTag: v2\n  digest: ${digest}`,
    ],
    [
      'an entry in braces',
      'images: [{name: web, newTag: v1}] # short\n',
      `images: [{name: web, newTag: v2, newName: r.io/pp/web, digest: ${digest}}] # short\n`,
    ],
    [
      'a new entry in the list',
      'images:\n  - name: api\n  # last\nresources: []\n',
      `images:\n  - name: api\n${entry('  ')}  # last\nresources: []\n`,
    ],
    [
      'a new entry as wide as the others',
      'images:\n-   name: api\n',
      `images:\n-   name: api\n${entry('')
        .replace('- ', '-   ')
        .replace(/^ {2}(?=\w)/gmu, '    ')}`,
    ],
    [
      'a new list, as deep as other lists',
      'resources:\n  - app.yaml # why\n# the end\n',
      `resources:\n  - app.yaml # why\nimages:\n${entry('  ')}# the end\n`,
    ],
    ['a new list, when there is no other', 'namePrefix: x', `namePrefix: x\nimages:\n${entry('').trimEnd()}`],
    ['a new list behind a block', 'note: |\n  text\n\n', `note: |\n  text\nimages:\n${entry('')}\n`],
    [
      'a new list behind a block that keeps its lines',
      'note: |+\n  text\n\n',
      `note: |+\n  text\n\nimages:\n${entry('')}`,
    ],
    ['a new list in front of the end of the document', 'a: 1\n...\n', `a: 1\nimages:\n${entry('')}...\n`],
    ['an empty list', 'images:\nresources:\n- x\n', `images:\n${entry('')}resources:\n- x\n`],
    ['an empty list at the end', 'images: # none yet', `images: # none yet\n${entry('').trimEnd()}`],
    [
      'an empty list in brackets',
      'images: []\n',
      `images: [{name: web, newName: r.io/pp/web, newTag: v2, digest: ${digest}}]\n`,
    ],
    ['null', 'images: null\n', `images: [{name: web, newName: r.io/pp/web, newTag: v2, digest: ${digest}}]\n`],
    [
      'JSON',
      '{"resources": ["x"]}\n',
      `{"resources": ["x"], "images": [{"name": "web", "newName": "r.io/pp/web", "newTag": "v2", "digest": "${digest}"}]}\n`,
    ],
  ])('%s', (_, text, expected) => {
    const { file, changes } = set(text);
    expect(file.text).toBe(expected);
    expect(changes).not.toEqual([]);
    expect(set(expected)).toMatchObject({ changes: [] });
    const windows = set(text.replaceAll('\n', '\r\n')).file.text;
    if (text.includes('\n')) expect(windows).toBe(expected.replaceAll('\n', '\r\n'));
  });

  it('get a quoted name when it has special characters', () => {
    const strange = { ...image('web'), imageName: 'web\n- name: evil # "x"' };
    const { file } = set('resources:\n- a\n', strange);
    expect(file.documents[0]?.toJS()).toEqual({
      resources: ['a'],
      images: [{ name: strange.imageName, newName: 'r.io/pp/web', newTag: 'v2', digest }],
    });
  });

  it('return the old values', () => {
    const { changes } = set('images:\n- name: web\n  newTag: 1.10\n  newName: r.io/pp/web\n');
    expect(changes).toEqual([
      { place: 'images web newTag', before: '1.10', after: 'v2' },
      { place: 'images web digest', before: undefined, after: digest },
    ]);
  });

  it.each([
    ['is empty', '', 'it is empty'],
    ['is a list', '- a\n', 'not a mapping'],
    ['has two documents', 'a: 1\n---\nb: 1\n', 'it contains 2 documents'],
    ['has images that are not a list', 'images: {name: web}\n', 'its images field is not a list'],
    ['has images from elsewhere', 'x: &x [{name: web}]\nimages: *x\n', 'images is the alias *x'],
    ['has an entry from elsewhere', 'x: &x {name: web}\nimages:\n- *x\n', 'an entry of its images is an alias'],
  ])('are not set in a file that %s', (_, text, words) => {
    let why = '';
    try {
      set(text);
    } catch (error) {
      why = error instanceof OpError && error.exitCode === 3 ? error.why : String(error);
    }
    expect(why).toContain(words);
  });

  it('are not set to an image without a tag when the entry has one', () => {
    expect(() => set('images:\n- name: web\n  newTag: v1\n', image('web', ''))).toThrow('cannot be set');
    expect(set('images:\n- name: web\n', image('web', '')).file.text).toBe(
      `images:\n- name: web\n  newName: r.io/pp/web\n  digest: ${digest}\n`,
    );
  });

  it('are what kustomize itself writes into the pods', async () => {
    const room = await mkdtemp(join(tmpdir(), 'kustomization-'));
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: web, image: web}\n';
    await writeFile(join(room, 'pod.yaml'), pod);
    await writeFile(join(room, 'kustomization.yaml'), set('resources:\n- pod.yaml\n').file.text);
    const built = execFileSync('kubectl', ['kustomize', room], { env: withTools(['kubectl']), encoding: 'utf8' });
    expect(built).toContain(`image: r.io/pp/web:v2@${digest}`);
    await rm(room, { recursive: true });
  });

  /** What a pod in the resource has: kustomize's own answer, and whether op says that its entry would change nothing. */
  it.each([
    ['web', true],
    ['web:v1', true],
    ['WEB_IMAGE', false],
    ['r.io/web', false],
    ['me/web', false],
    ['docker.io/web', false],
  ])('concern an image %s as they do for kustomize: %s', async (used, concerns) => {
    const room = await mkdtemp(join(tmpdir(), 'kustomization-'));
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: web, image: "${used}"}\n`;
    const { text } = set('resources:\n- pod.yaml\n').file;
    await writeFile(join(room, 'pod.yaml'), pod);
    await writeFile(join(room, 'kustomization.yaml'), text);
    const built = execFileSync('kubectl', ['kustomize', room], { env: withTools(['kubectl']), encoding: 'utf8' });
    expect(built.includes('r.io/pp/web:v2')).toBe(concerns);
    const checked = checkUsed('kustomization.yaml', text, [image('web')], async () => pod).then(
      () => true,
      () => false,
    );
    expect(await checked).toBe(concerns);
    await rm(room, { recursive: true });
  });
});
