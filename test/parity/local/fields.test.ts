import { describe, expect, test } from 'vitest';
import { askTekton, whyNot } from '../tekton.js';

const missing = await whyNot();

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `the fields that the core and local runs know${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test("are those of Tekton's Go types (write them with `npx vitest run -u --project tools test/parity/local/fields.test.ts`)", async () => {
      const [table] = await askTekton([{ do: 'fields' }]);
      await expect(`${JSON.stringify(table?.answer, null, 2)}\n`).toMatchFileSnapshot(
        '../../../src/tekton/schema/fields.json',
      );
    });
  },
);
