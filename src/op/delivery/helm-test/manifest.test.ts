import { expect, test } from 'vitest';
import { readManifest } from './manifest.js';

const pod = (metadata: string, rest = '') => `apiVersion: v1\nkind: Pod\nmetadata:\n${metadata}${rest}`;

test.each([
  ['in a namespace', pod('  name: a\n  namespace: dev\n'), 'dev'],
  ['without a namespace', `# Source: shop/templates/test.yaml\n${pod('  name: a\n')}`, ''],
  ['after the start of a document', `---\n${pod('  name: a\n  "namespace": dev\n')}`, 'dev'],
  ['with dashes in a text', pod('  name: a\n  annotations:\n    text: |\n      ---\n      a << b\n'), ''],
])('a hook %s is read', (_, manifest, namespace) => {
  expect(readManifest(manifest)).toMatchObject({
    kind: 'Pod',
    metadata: { name: 'a', ...(namespace === '' ? {} : { namespace }) },
  });
});

test.each([
  ['a merge key after the namespace', pod('  name: a\n  namespace: dev\n  <<: {namespace: flux}\n')],
  ['a merge key before it', pod('  name: a\n  <<: {namespace: flux}\n  namespace: dev\n')],
  ['a merge key of the whole object', `<<: {kind: Secret}\n${pod('  name: a\n  namespace: dev\n')}`],
  ['a merge key in quotes', pod('  name: a\n  namespace: dev\n  "<<": {namespace: flux}\n')],
  ['an anchor', pod('  name: &a a\n  namespace: *a\n')],
  ['a tag', pod('  name: a\n  namespace: !!str dev\n')],
  ['a line that only Kubernetes takes for a start', pod('  name: a\n', `---foo:\n  ${pod('    name: b\n')}`)],
  ['a first line that Kubernetes leaves out', `---#: {}\n${pod('  name: a\n  namespace: dev\n')}`],
  ['a second object', `${pod('  name: a\n')}---\n${pod('  name: b\n  namespace: flux\n')}`],
  ['a line break of YAML 1.1', pod('  name: a\n  namespace: dev # \u0085  namespace: flux\n')],
  ['a key twice', pod('  name: a\n  namespace: dev\n  namespace: flux\n')],
  ['a list', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nItems: []\n'],
])('%s is refused: helm could create something else', (_, manifest) => {
  expect(readManifest(manifest)).toEqual(expect.any(String));
});
