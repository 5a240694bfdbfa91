import { demo } from './demo.js';
import { engines } from './engines.js';
import { local } from './local.js';
import { manyImages } from './many-images.js';
import type { Benchmark } from './measure.js';
import { mirror } from './mirror.js';
import { plan } from './plan.js';
import { promote } from './promote.js';
import { releases } from './releases.js';
import { keep, line, summarize } from './report.js';
import { startup } from './startup.js';
import { synth } from './synth.js';
import { taskRun } from './task-run.js';
import { tekton } from './tekton.js';
import { typecheck } from './typecheck.js';
import { watch } from './watch.js';

/** In the order in which they run; each tells whether it can run here. */
const all: readonly Benchmark[] = [
  startup,
  synth,
  typecheck,
  plan,
  local,
  demo,
  engines,
  promote,
  mirror,
  manyImages,
  releases,
  watch,
  taskRun,
  tekton,
];

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !all.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    console.error(
      `error: no benchmark ${unknown.join(', ')}\n  do: choose one of ${all.map(({ name }) => name).join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  for (const benchmark of chosen) {
    const missing = benchmark.missing?.();
    if (missing !== undefined) {
      console.log(`skipped ${benchmark.name}: ${missing}`);
      continue;
    }
    console.log(`${benchmark.title} ...`);
    const comparisons = await benchmark.run();
    for (const comparison of comparisons) console.log(line(comparison));
    keep(benchmark, comparisons, new Date());
  }
  summarize();
}

await main(process.argv.slice(2));
