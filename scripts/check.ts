/** `npm run check`: format and lint, types, dead code and the tests that need only Node, in parallel. */
import { execa } from 'execa';

const checks: Readonly<Record<string, readonly string[]>> = {
  'unit tests': ['vitest', 'run', '--project', 'unit', '--reporter=dot'],
  types: ['tsc', '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/check.tsbuildinfo'],
  'format and lint': ['biome', 'ci', '--error-on-warnings', '.'],
  'dead code': ['knip'],
};

const start = Date.now();
const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
const passed = await Promise.all(
  Object.entries(checks).map(async ([name, [program = '', ...args]]) => {
    const { exitCode, all } = await execa(program, args, { all: true, reject: false, preferLocal: true });
    if (exitCode !== 0) process.stdout.write(`\n${all}\n`);
    process.stdout.write(`${name}: ${exitCode === 0 ? 'ok' : 'FAILED'}, ${seconds()}\n`);
    return exitCode === 0;
  }),
);
process.exitCode = passed.every(Boolean) ? 0 : 1;
