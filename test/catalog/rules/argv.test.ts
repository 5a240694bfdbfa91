import { expect, test } from 'vitest';
import { complaints, sample, sampleCommands } from '../sample.js';
import { knownArguments } from './argv.js';

const rule = knownArguments(sampleCommands);

test('a fixed command with flags that exist is fine', () => {
  expect(rule(sample())).toEqual([]);
});

test.each([
  ['command: [op]', 'command: [sh]', 'the command is ["sh"], not ["op"]'],
  ['command: [op]', 'x: 1', 'the command is [], not ["op"]'],
  ['- build-push\n', '- $(params.command)\n', 'op has no command "$(params.command)"'],
  ['- --directory=', '- --dir=', 'op build-push has no flag --dir'],
  ['- --directory=$(workspaces.source.path)', '- $(params.extra[*])', '"$(params.extra[*])" is not --flag=value'],
  [
    '- --directory=$(workspaces.source.path)',
    '- $(workspaces.source.path)',
    '"$(workspaces.source.path)" is not --flag=value',
  ],
  ['- --directory=', '- --$(params.flag)=', '"--$(params.flag)=$(workspaces.source.path)" is not --flag=value'],
])('%s -> %s is caught', (from, to, message) => {
  expect(complaints(rule, from, to)).toContain(message);
});
