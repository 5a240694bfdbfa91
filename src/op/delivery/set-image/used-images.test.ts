import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTools } from '../../../../test/tools.js';
import { OpError } from '../../kit/errors/op-error.js';
import type { DeliveredImage } from './images.js';
import { checkUsed } from './used-images.js';

const web: DeliveredImage = {
  imageName: 'web',
  repositories: ['docker.io/me/web'],
  reference: { registry: 'docker.io', path: 'me/web', tag: 'v2', digest: `sha256:${'a'.repeat(64)}` },
};
const pod = (image: string, more = '') => `kind: Pod\nspec:\n  containers:\n  - {name: x, image: "${image}"}\n${more}`;

/** Why the entries of a kustomization would change nothing; undefined if they would change something, or that is unknown. */
async function whyNot(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const read = async (path: string) => files[path] ?? Promise.reject(new Error(`no ${path}`));
  try {
    await checkUsed('pp/kustomization.yaml', files['pp/kustomization.yaml'] ?? '', [web], read);
    return undefined;
  } catch (error) {
    return error instanceof OpError && error.kind === 'input' ? error.why : String(error);
  }
}
const with_ = (images: string, more = 'resources: [pod.yaml]\n') => `${more}images:\n${images}`;
const own = '- {name: web, newName: me/web, newTag: v2}\n';

/** Whether kustomize shows the new image somewhere. */
async function showsNew(files: Readonly<Record<string, string>>): Promise<boolean> {
  const room = await mkdtemp(join(tmpdir(), 'used-images-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(room, name)), { recursive: true });
    // kustomize wants objects with names.
    const named = text.replaceAll(/^( *)(?:- )?kind: (Pod|ConfigMap)$/gmu, (line, indent: string, kind: string) => {
      const inner = line.includes('- ') ? `${indent}  ` : indent;
      return `${line}\n${inner}apiVersion: v1\n${inner}metadata: {name: ${kind.toLowerCase()}}`;
    });
    await writeFile(join(room, name), named.replace(/^kind: List$/mu, 'kind: List\napiVersion: v1'));
  }
  const built = execFileSync('kubectl', ['kustomize', '--load-restrictor=LoadRestrictionsNone', join(room, 'pp')], {
    env: withTools(['kubectl']),
    encoding: 'utf8',
  });
  await rm(room, { recursive: true });
  return /image: "?me\/web:v2/u.test(built);
}

describe('the images of a kustomization are refused', () => {
  it.each([
    [
      'when the resources have another name',
      with_(`- {name: WEB_IMAGE, newName: x}\n${own}`),
      pod('WEB_IMAGE:v1'),
      'WEB_IMAGE',
    ],
    ['when the name has other letters', with_(own), pod('Web'), 'Web'],
    ['when the name has a registry', with_(own), pod('r.io/web:v1'), 'r.io/web'],
    ['when no resource has containers', with_(own), 'kind: ConfigMap\ndata: {image: web}\n', 'none of its resources'],
  ])('%s', async (_, kustomization, resource, words) => {
    const files = { 'pp/kustomization.yaml': kustomization, 'pp/pod.yaml': resource };
    expect(await whyNot(files)).toContain(words);
    expect(await showsNew(files)).toBe(false);
  });

  it('when a base gives the image another name', async () => {
    const files = {
      'pp/kustomization.yaml': with_(own, 'resources: [../base]\n'),
      'base/kustomization.yaml': 'resources: [pod.yaml]\nimages:\n- {name: web, newName: base/web}\n',
      'base/pod.yaml': pod('web:v1'),
    };
    expect(await whyNot(files)).toContain('base/web');
    expect(await showsNew(files)).toBe(false);
  });
});

describe('the images of a kustomization are set', () => {
  it.each([
    ['by their name', { 'pp/kustomization.yaml': with_(own), 'pp/pod.yaml': pod('web:v1') }],
    ['by their name with a digest', { 'pp/kustomization.yaml': with_(own), 'pp/pod.yaml': pod('web@sha256:0a') }],
    [
      'of an init container in a list of objects',
      {
        'pp/kustomization.yaml': with_(own),
        'pp/pod.yaml': 'kind: List\nitems:\n- kind: Pod\n  spec: {initContainers: [{image: web}]}\n',
      },
    ],
    [
      'by a name that stands for Docker Hub',
      { 'pp/kustomization.yaml': with_('- {name: me/web, newTag: v2}\n'), 'pp/pod.yaml': pod('me/web') },
    ],
    [
      'by the new name of an entry with a name of its own',
      {
        'pp/kustomization.yaml': with_('- {name: WEB_IMAGE, newName: me/web, newTag: v2}\n'),
        'pp/pod.yaml': pod('WEB_IMAGE'),
      },
    ],
    [
      'of a base, under its new name',
      {
        'pp/kustomization.yaml': with_('- {name: me/web, newTag: v2}\n', 'resources: [../base/]\n'),
        'base/kustomization.yml': 'resources: [pod.yaml]\nimages:\n- {name: web, newName: me/web}\n',
        'base/pod.yaml': pod('web:v1'),
      },
    ],
    [
      'of a patch',
      {
        'pp/kustomization.yaml': with_(
          own,
          'resources: [pod.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |\n    - {op: replace, path: /spec/containers/0/image, value: "web:1"}\n',
        ),
        'pp/pod.yaml': pod('other'),
      },
    ],
  ])('%s, as kustomize sets them', async (_, files) => {
    expect(await whyNot(files)).toBeUndefined();
    expect(await showsNew(files)).toBe(true);
  });

  it.each([
    ['of a component', { 'pp/kustomization.yaml': with_(own, 'kind: Component\nresources: []\n') }],
    ['without resources', { 'pp/kustomization.yaml': with_(own, '') }],
    [
      'when a base is elsewhere',
      { 'pp/kustomization.yaml': with_(own, 'resources: ["https://g.example/x?ref=v1"]\n') },
    ],
    ['when there is a chart', { 'pp/kustomization.yaml': with_(own, 'helmCharts: [{name: x}]\n') }],
    ['when a resource cannot be read', { 'pp/kustomization.yaml': with_(own) }],
    ['when a resource is a template', { 'pp/kustomization.yaml': with_(own), 'pp/pod.yaml': '{{ if x }}\n: :\n' }],
  ])('%s: op cannot know, and writes the entry', async (_, files) => expect(await whyNot(files)).toBeUndefined());
});
