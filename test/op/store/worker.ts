/** A process that counts in a document until it is killed: `worker count|count-once STORE NAME`. */
import { chooseStore } from '../../../src/op/store/choose/choose.js';
import { openStore } from '../../../src/op/store/choose/open.js';
import { testContext } from '../test-context.js';

async function main([mode, chosen = '', name = '']: readonly string[]): Promise<void> {
  const { PATH, HOME, TMPDIR } = process.env;
  const { context } = testContext({ env: { PATH, HOME, TMPDIR } });
  await using store = await openStore(context, await chooseStore(context, chosen), { where: {} });
  process.stdout.write('ready\n');
  for (let count = 0; ; ) {
    const found = await store.get('count');
    if (found === undefined) throw new Error('the document is gone');
    const by = Array.isArray(found.body.by) ? found.body.by : [];
    const entry = `${name}-${count}`;
    const written = await store.replace(found, { count: Number(found.body.count) + 1, by: [...by, entry] });
    if (written === 'conflict') continue;
    process.stdout.write(`wrote ${entry}\n`);
    count += 1;
    if (mode === 'count-once') break;
  }
}

void main(process.argv.slice(2));
