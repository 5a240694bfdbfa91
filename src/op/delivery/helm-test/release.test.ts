import { expect, test } from 'vitest';
import { parseRelease } from './release.js';

/** A release with a test of this manifest, as helm prints it. */
const read = (manifest: string) =>
  parseRelease(
    JSON.stringify({
      name: 'shop',
      namespace: 'dev',
      version: 1,
      info: { status: 'deployed' },
      hooks: [{ name: 'shop-test', manifest, events: ['test'] }],
    }),
  );
const pod = (metadata: string, rest = '') => `apiVersion: v1\nkind: Pod\nmetadata:\n${metadata}${rest}`;

test.each([
  ['in a namespace', pod('  name: a\n  namespace: dev\n'), 'dev'],
  ['without a namespace', `# Source: shop/templates/test.yaml\n${pod('  name: a\n')}`, ''],
  ['after the start of a document', `---\n${pod('  name: a\n  "namespace": dev\n')}`, 'dev'],
  ['with dashes in a text', pod('  name: a\n  annotations:\n    text: |\n      ---\n      a << b\n'), ''],
])('a hook %s is read', (_, manifest, namespace) => {
  const object = expect.objectContaining({ kind: 'Pod', metadata: expect.objectContaining({ name: 'a', namespace }) });
  expect(read(manifest).hooks).toEqual([{ object, weight: 0, policies: ['before-hook-creation'] }]);
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
  ['a key of Go that is none here', pod('  name: a\n', 'spec: {a:}\n')],
  ['a key that is a number', pod('  name: a\n', 'spec: {010: a}\n')],
  ['a number that JSON does not have', pod('  name: a\n', 'spec: {a: .inf}\n')],
  ['the name of all objects', pod('  name: ""\n')],
  ['the name of what is above', pod('  name: ..\n')],
  ['a name with a slash', pod('  name: a/b\n')],
  ['no name', pod('  generateName: a\n')],
  ['a namespace that is a number', pod('  name: a\n  namespace: 010\n')],
  ['a list', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nItems: []\n'],
])('%s is refused: helm could create something else', (_, manifest) => {
  expect(() => read(manifest)).toThrow('the tests of the release are not run');
});
