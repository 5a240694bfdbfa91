import { expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { createProgram } from '../program.js';

const groups = ['release', 'work', 'state', 'environment'];
const alone = ['status', 'approve', 'reject'];

test('every command of releases says its exit codes', () => {
  const { context, printed } = testContext();
  const { commands } = createProgram(context);
  const all = commands.flatMap((command) =>
    groups.includes(command.name()) ? command.commands : alone.includes(command.name()) ? [command] : [],
  );
  expect(all.length).toBeGreaterThan(25);
  for (const command of all) {
    printed.length = 0;
    command.outputHelp();
    expect(printed.join('')).toMatch(/Exit codes: 0 .*; 2 .*, 6 refused\./u);
  }
});
