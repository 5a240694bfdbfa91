import { describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { parseMirror } from '../mirror-file/read.js';
import { readImport } from './import.js';
import { problemLines } from './say.js';

const run = (content: string, { partial = false, to = 'r.test/mirror/{path}' } = {}) => {
  const { text, imported } = readImport('isc.yaml', content, { to, partial });
  return {
    text,
    mirror: parseMirror('mirror.yaml', text, '/'),
    warnings: problemLines('isc.yaml', imported.warnings).split('\n'),
  };
};
const refusalOf = (content: string): string => {
  try {
    run(content);
    return '';
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    expect(error.kind).toBe('input');
    return error.why;
  }
};
const images = (list: string) =>
  `kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\nmirror:\n  additionalImages:\n${list}`;
const digest = `sha256:${'c'.repeat(64)}`;

describe('additionalImages of an ImageSetConfiguration', () => {
  it('become a mirror file that puts images where oc-mirror does', () => {
    const content = images(`    - name: registry.site.test/ubi/ubi:latest
    - name: docker://quay.test/acme/web:v1
    - name: quay.test/acme/api:v1
      targetrepo: shop/backend
    - name: quay.test/acme/api:v2
      targetRepo: shop/backend
      targetTag: stable
    - name: quay.test/acme/db@${digest}
      targetTag: pinned
    - name: quay.test/acme/cli:v3@${digest}
    - name: alpine:3
    - name: quay.test/acme/ui:v1
      platforms: [{ os: linux, architecture: amd64 }]
  helm: {}
  operators: []
  platform:
    graph: false
`).replace('  platform:\n    graph: false\n', '');
    expect(run(content).text).toBe(`# From isc.yaml

version: 1
defaults:
  to: r.test/mirror/{path}
sources:
  # isc.yaml:5
  - from: registry.site.test/ubi/ubi:latest
  # isc.yaml:6
  - from: quay.test/acme/web:v1
  # isc.yaml:7
  - from: quay.test/acme/api:v1
    to: r.test/mirror/shop/backend
  # isc.yaml:9
  - from: quay.test/acme/api:v2
    to: r.test/mirror/shop/backend:stable
  # isc.yaml:12
  - from: quay.test/acme/db:pinned@${digest}
  # isc.yaml:14
  - from: quay.test/acme/cli:v3@${digest}
  # isc.yaml:15
  - from: alpine:3
    to: r.test/mirror/alpine
  # isc.yaml:16
  - from: quay.test/acme/ui:v1
    platforms:
      keep:
        - linux/amd64
      as: sparse
`);
  });

  it('are read whatever the case of the fields, as oc-mirror does, and without those that are blocked', () => {
    const content = `kind: ImageSetConfiguration
mirror:
  additionalimages:
    - name: quay.test/acme/web:v1
    - name: quay.test/acme/alpine:v1
    - name: quay.test/acme/api:v1
  blockedimages:
    - name: alpine
    - name: ^r\\.test/mirror/acme/api
`;
    const { mirror, warnings } = run(content);
    expect(mirror.sources.map(({ from }) => from)).toEqual(['quay.test/acme/web:v1']);
    expect(warnings).toEqual([
      'isc.yaml:5: mirror.additionalimages[1].name is left out, as oc-mirror does: blockedImages has alpine',
      'isc.yaml:6: mirror.additionalimages[2].name is left out, as oc-mirror does: blockedImages has ^r\\.test/mirror/acme/api',
    ]);
  });

  it('are refused together with what needs oc-mirror, unless that is to be left out', () => {
    const content = images(
      '    - name: quay.test/acme/web:v1\n  operators:\n    - catalog: quay.test/index:v1\n  platform:\n    channels: [{ name: stable-4.20 }]\n  helm:\n    local: []\n',
    );
    expect(refusalOf(content).split('\n')).toEqual([
      'isc.yaml:6: mirror.operators needs oc-mirror; keep it in a file of its own for that',
      'isc.yaml:8: mirror.platform needs oc-mirror; keep it in a file of its own for that',
    ]);
    const { mirror, warnings } = run(content, { partial: true });
    expect(mirror.sources).toHaveLength(1);
    expect(warnings).toHaveLength(2);
  });

  it('are refused with every line that oc-mirror would not copy, or that is not in a registry', () => {
    const content = images(`    - name: quay.test/acme/web
    - name: oci:///var/images/web
    - name: quay.test/Acme/web:v1
    - name: quay.test/acme/web:v1
      targetRepo: shop/web:v1
    - name: quay.test/acme/web:v1
      targetTag: not a tag
    - quay.test/acme/web:v1
    - name: quay.test/acme/web:v1
      targetPath: shop
  blockedImages:
    - name: '*'
`);
    const expected = [
      '5: mirror.additionalImages[0].name has neither tag nor digest',
      '6: mirror.additionalImages[1].name is read from oci://',
      '7: mirror.additionalImages[2].name is not an image',
      '9: mirror.additionalImages[3].targetRepo is not a path of images',
      '11: mirror.additionalImages[4].targetTag is not a tag',
      '12: mirror.additionalImages[5] must be an object with name',
      '14: mirror.additionalImages[6].targetPath is unknown',
      '16: mirror.blockedImages[0].name is a regular expression that cannot be taken over',
    ];
    expect(refusalOf(content).split('\n')).toEqual(expected.map((line) => expect.stringContaining(`isc.yaml:${line}`)));
  });

  it.each([
    [
      'a file that says what to delete',
      'kind: DeleteImageSetConfiguration\ndelete:\n  additionalImages: [{ name: "a.test/b:v1" }]\n',
      'isc.yaml:1: kind is DeleteImageSetConfiguration',
    ],
    ['a file without images', 'kind: ImageSetConfiguration\nmirror: {}\n', 'it names no images'],
    [
      'a file of two',
      `${images('    - name: a.test/b:v1\n')}---\n${images('    - name: a.test/c:v1\n')}`,
      'isc.yaml:7: it is a second document',
    ],
    ['no YAML', '{{range .Images}}\nkind: ImageSetConfiguration\n', 'isc.yaml:2: it is not YAML'],
  ])('are refused of %s', (_, content, why) => expect(refusalOf(content)).toContain(why));
});
