/**
 * `npm test`: checks, and all tests that need no cluster and no tools but those of the demo; minutes. `npm run test:cluster` also builds
 * the other tools and a real cluster, and runs what needs them; with `CI=true`, `npm test` does that, too.
 * Its last line counts them all: `N passed, N failed`, with `, N skipped` when a stage could not run.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { withTools } from '../test/tools.js';
import { getTools } from './demo/tools.js';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Whether every stage must run: one that cannot is then a failure. */
const required = process.env.CI === 'true';

const withCluster = required || process.argv.includes('--cluster');

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const notes: string[] = [];

/** A command that passes or fails as a whole. */
async function stage(name: string, program: string, args: readonly string[]): Promise<boolean> {
  const start = Date.now();
  process.stdout.write(`\n== ${name}\n`);
  const { exitCode } = await execa(program, args, { stdio: 'inherit', reject: false });
  const passed = exitCode === 0;
  process.stdout.write(`== ${name}: ${passed ? 'ok' : 'FAILED'}, ${Math.round((Date.now() - start) / 1000)} s\n`);
  return passed;
}

async function check(name: string, program: string, args: readonly string[]): Promise<void> {
  count(await stage(name, program, args));
}

/** The same without output while it runs, so that others can run at the same time. */
async function checkQuietly(name: string, program: string, args: readonly string[]): Promise<void> {
  const start = Date.now();
  const { exitCode, all } = await execa(program, args, { all: true, stdin: 'ignore', reject: false });
  const seconds = Math.round((Date.now() - start) / 1000);
  process.stdout.write(`\n== ${name}\n${all}\n== ${name}: ${exitCode === 0 ? 'ok' : 'FAILED'}, ${seconds} s\n`);
  count(exitCode === 0);
}

function count(passed: boolean): void {
  counts[passed ? 'passed' : 'failed'] += 1;
}

/** Runs one vitest project and adds its counts; a run without any test is a failure. */
async function tests(project: string, ...more: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'octopipeline-test-'));
  const report = join(folder, 'report.json');
  const passed = await stage(`${project} tests`, 'npx', [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...more,
  ]);
  try {
    const counted = JSON.parse(await readFile(report, 'utf8')) as Report;
    counts.passed += counted.numPassedTests;
    counts.failed += counted.numFailedTests;
    notes.push(...failures(counted).map((failure) => `${project} tests: failed: ${failure}`));
    for (const [suite, skipped] of skippedSuites(counted)) {
      notes.push(`${project} tests: ${skipped} skipped of ${suite}`);
      counts[required ? 'failed' : 'skipped'] += skipped;
    }
    if (!passed && counted.numFailedTests === 0) counts.failed += 1;
    if (counted.numTotalTests === 0) counts.failed += 1;
  } catch {
    counts.failed += 1;
    notes.push(`${project} tests: no report found`);
  }
  await rm(folder, { recursive: true, force: true });
}

/**
 * The tests that failed, with what they said: a long log is often kept or shown from its end only.
 * A file that did not load has no test: its own message stands for it.
 */
function failures({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [`${file}\n${indented(message ?? '')}`];
    return failed.map(
      ({ ancestorTitles, title, failureMessages = [] }) =>
        `${[file, ...ancestorTitles, title].join(' > ')}\n${indented(failureMessages.join('\n'))}`,
    );
  });
}

/** The first 20 lines of a failed test's message, indented, without the frames of the test runner. */
function indented(message: string): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'))
    .slice(0, 20)
    .map((line) => `    ${line}`)
    .join('\n');
}

/** The tests that did not run, by file and outermost title, which names the missing tool. */
function skippedSuites({ testResults }: Report): Map<string, number> {
  const suites = new Map<string, number>();
  for (const { name, assertionResults } of testResults) {
    for (const { status, ancestorTitles, title } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const suite = `${relative(process.cwd(), name)}: ${ancestorTitles[0] ?? title}`;
      suites.set(suite, (suites.get(suite) ?? 0) + 1);
    }
  }
  return suites;
}

/** Why the cluster cannot be prepared and started here, if it cannot. */
function clusterObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root (network namespaces, containerd); run: sudo npm run test:cluster';
  return undefined;
}

/** Reports and counts a stage that cannot run here; it fails where every stage must run. */
function skip(what: string, why: string): void {
  notes.push(`${what}: skipped, ${why}`);
  counts[required ? 'failed' : 'skipped'] += 1;
}

async function toolTests(): Promise<void> {
  try {
    withTools([
      'skaffold',
      'crane',
      'buildctl',
      'buildkitd',
      'lifecycle',
      'cnb-launcher',
      'git',
      'docker-registry',
      'bwrap',
    ]);
    await tests('tools');
  } catch (error) {
    skip('tests of op with tools', error instanceof Error ? error.message : String(error));
    const own = await toolsOfDemo();
    const without = ['src/op/**', 'test/op/**', 'test/local/own-tasks.test.ts', ...(own ? [] : ['test/local/**'])];
    await tests('tools', ...without.map((files) => `--exclude=${files}`));
  }
}

/** Builds the tools of the demo, which take less than a minute. */
async function toolsOfDemo(): Promise<boolean> {
  try {
    const { PATH } = await getTools(process.env, (text) => void process.stdout.write(`${text}\n`));
    process.env.PATH = PATH;
    return true;
  } catch (error) {
    skip('tests of local runs with tools', error instanceof Error ? error.message : String(error));
    return false;
  }
}

async function clusterTests(): Promise<void> {
  try {
    if (await stage('cluster up', 'test/cluster/up', [])) await tests('cluster');
    else counts.failed += 1;
  } finally {
    if (!(await stage('cluster down', 'test/cluster/down', []))) counts.failed += 1;
  }
}

await Promise.all([
  checkQuietly('format and lint', 'npx', ['biome', 'ci', '--error-on-warnings', '.']),
  checkQuietly('types', 'npx', ['tsc', '-p', 'tsconfig.json']),
  checkQuietly('dead code', 'npx', ['knip']),
  checkQuietly('bundle of op', 'npm', ['run', '--silent', 'build']),
]);
const obstacle = clusterObstacle();
if (withCluster && obstacle === undefined) await check('tools and image', 'test/cluster/prepare', []);
await tests('unit');
await toolTests();
if (!withCluster)
  notes.push(
    'the tests on a real cluster are run with: npm run test:cluster (Linux, root; the first time, 20 minutes)',
  );
else if (obstacle === undefined) await clusterTests();
else skip('cluster tests', obstacle);

for (const note of notes) process.stdout.write(`${note}\n`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
