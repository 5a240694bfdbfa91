import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { paramsOfTasks } from '../../src/op/cli/params-of-tasks.js';
import { containersOf } from './containers.js';
import { readCatalog } from './document.js';

test('op knows the param of each flag that a Task sets by one', () => {
  // Those of mirrors read some flags from several params.
  const documents = readCatalog(fileURLToPath(new URL('../../dist', import.meta.url)), { recursive: false }).filter(
    ({ file, object }) => object.kind === 'Task' && !file.includes('mirror'),
  );
  const found = new Set<string>();
  for (const { kind, container } of containersOf(documents)) {
    const [command = '', ...args] = container.args ?? [];
    for (const argument of kind === 'sidecar' ? [] : args) {
      const [, flag, param] = /^--([a-z-]+)=.*?\$\(params\.([a-z-]+)\)$/u.exec(argument) ?? [];
      if (flag !== undefined) found.add(`${command} --${flag} ${param}`);
    }
  }
  const known = Object.entries(paramsOfTasks).flatMap(([command, { same, other }]) => [
    ...same.map((flag) => `${command} --${flag} ${flag}`),
    ...Object.entries(other).map(([flag, param]) => `${command} --${flag} ${param}`),
  ]);
  expect(known.toSorted()).toEqual([...found].toSorted());
});
