/** A process that counts in a document until it is killed: `worker.ts count|count-once DIRECTORY NAME`. */
import { openDirectoryStore } from '../../../src/op/store/directory/directory.js';
import { testContext } from '../test-context.js';

const [, , mode, directory = '', name = ''] = process.argv;
const store = await openDirectoryStore(testContext().context, directory);
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
