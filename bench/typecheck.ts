import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type Benchmark, interleave, took, within } from './measure.js';

const root = fileURLToPath(new URL('../', import.meta.url));

const tsc = (project: string) =>
  took(() =>
    execa('node_modules/.bin/tsc', ['--noEmit', '-p', project], { cwd: root, stdin: 'ignore', stdout: 'ignore' }),
  );

/** How long an author waits for the compiler: the whole catalog, compared with one empty module that only imports the libraries of the catalog. */
export const typecheck: Benchmark = {
  name: 'typecheck',
  title: 'Type-checking the catalog',
  async run() {
    const { ours, peer } = await interleave(5, {
      ours: () => tsc('bench/typecheck/catalog.json'),
      peer: () => tsc('bench/typecheck/floor.json'),
    });
    return [
      within(
        'tsc over tasks, pipelines and the core',
        { ...ours, label: 'tsc over the catalog' },
        { ...peer, label: 'tsc over an import of cdk8s' },
        3000,
      ),
    ];
  },
};
