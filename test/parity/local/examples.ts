import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Tekton's examples, `examples/v1/**`, from its Go module: downloaded when asked for, never committed. */
export async function readExamples(): Promise<readonly { readonly source: string; readonly text: string }[]> {
  const { stdout } = await execa('go', ['mod', 'download', '-json', 'github.com/tektoncd/pipeline'], {
    cwd: join(import.meta.dirname, '../validator'),
    stdin: 'ignore',
  });
  const { Dir: module } = JSON.parse(stdout) as { readonly Dir: string };
  const root = join(module, 'examples/v1');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((source) => ({ source, text: readFileSync(join(root, source), 'utf8') }));
}
