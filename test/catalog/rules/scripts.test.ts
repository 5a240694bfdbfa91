import { expect, test } from 'vitest';
import { changed, complaints, sample } from '../sample.js';
import { noSubstitutionInScripts } from './scripts.js';

const argv = /command: \[op\]\n {6}args:\n(?: {8}- .*\n)+/u;

test('values that reach a program as its arguments are fine', () => {
  expect(noSubstitutionInScripts(sample())).toEqual([]);
});

test.each([
  ['a param in a script', 'script: echo "$(params.timeout)"', 'script contains $(params.timeout)'],
  ["a shell's own substitution in a script", 'script: echo $(date)', 'script contains $(date)'],
  [
    'a reference in the text after sh -c',
    'command: [sh, -c, "ls $(params.x)"]',
    'the text after -c contains $(params.x)',
  ],
  [
    'the same in args',
    'command: [/bin/bash]\n      args: [-euc, "ls $(params.x)"]',
    'the text after -c contains $(params.x)',
  ],
  [
    'the same in a script that another script runs',
    'command: [sh, -c, \'sh -c "$0"\', "set -e\\nls $(params.x)"]',
    'the text after -c contains $(params.x)',
  ],
  ['a $$ that Kubernetes turns into one $', "command: [sh, -c, 'kill $$']", 'the text after -c contains $$'],
])('%s is caught', (_, step, message) => {
  const violations = changed(noSubstitutionInScripts, argv, `${step}\n`);
  expect(violations).toEqual([{ where: 'build-push.yaml Task/build-push > steps[0] build', message }]);
});

test('a separate word after the text of sh -c is fine', () => {
  expect(complaints(noSubstitutionInScripts, argv, 'command: [sh, -c, \'ls "$1"\', sh, $(params.x)]\n')).toEqual([]);
});

test('embedded tasks, final tasks and sidecars are checked too', () => {
  const final = changed(noSubstitutionInScripts, 'args: [notify, --message=done]', 'script: echo $(tasks.status)');
  expect(final.map(({ where }) => where)).toEqual([
    'build-push.yaml Pipeline/deliver > finally[0] tell > taskSpec > steps[0] tell',
  ]);
  const sidecar = changed(
    noSubstitutionInScripts,
    '  sidecars:\n',
    '  sidecars:\n    - { name: db, script: echo $(params.timeout) }\n',
  );
  expect(sidecar.map(({ where }) => where)).toEqual(['build-push.yaml Task/build-push > sidecars[0] db']);
});
