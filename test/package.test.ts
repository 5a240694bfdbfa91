import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as api from '../src/index.js';
import * as releaseApi from '../src/release.js';
import { version } from '../src/version.js';

test('every package of the lock file is pinned by hash', () => {
  const lock: {
    readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly inBundle?: boolean }>>;
  } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const unpinned = Object.entries(lock.packages).filter(
    ([place, { integrity, inBundle = false }]) => place !== '' && integrity === undefined && !inBundle,
  );
  expect(unpinned.map(([place]) => place)).toEqual([]);
});

test('the public API is exactly this', () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "CatalogApp",
      "CatalogChart",
      "CatalogError",
      "Pipeline",
      "PipelineAccess",
      "PipelineNetwork",
      "PipelineRun",
      "ScheduledRun",
      "StepAction",
      "Task",
      "TaskNetwork",
      "assertValid",
      "buildBuildpacksTask",
      "buildDockerfileTask",
      "buildPushPipeline",
      "buildPushRules",
      "buildPushTask",
      "buildTask",
      "cel",
      "checkDeliveryTask",
      "cloneBuildPushTask",
      "createCatalog",
      "defineConfig",
      "deliverEnvironmentTask",
      "deliverPipeline",
      "deliverRules",
      "deliverToPipeline",
      "eq",
      "flag",
      "gitCloneTask",
      "helmTestTask",
      "mirrorDiskPipeline",
      "mirrorDiskTask",
      "mirrorPipeline",
      "mirrorPlan",
      "mirrorReportTask",
      "mirrorRules",
      "mirrorTask",
      "ne",
      "notOneOf",
      "octopipelineImage",
      "oneOf",
      "param",
      "pipeline",
      "pipelineRun",
      "promoteImageTask",
      "promotePipeline",
      "promoteRules",
      "publishImageInfoTask",
      "pushTask",
      "releaseItemTask",
      "releasePipeline",
      "releaseRules",
      "releaseStartTask",
      "releaseWorkTask",
      "restricted",
      "result",
      "setImageTask",
      "sh",
      "step",
      "stepAction",
      "stepFrom",
      "task",
      "taskRun",
      "text",
      "toPipeline",
      "toPipelineRun",
      "toStepAction",
      "toTask",
      "toTaskRun",
      "toYaml",
      "validate",
      "validateAll",
      "warnings",
      "watchDeploymentTask",
      "watchPipeline",
      "watchRules",
      "workPipeline",
      "workspace",
    ]
  `);
});

test('the public API for releases is exactly this', () => {
  expect(Object.keys(releaseApi).sort()).toEqual([
    'approval',
    'attribute',
    'check',
    'reference',
    'release',
    'repository',
    'soak',
    'tekton',
    'window',
    'withDefault',
  ]);
});

test('the version equals that of package.json', () => {
  expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});

const project = mkdtempSync(join(tmpdir(), 'octopipeline-user-'));
afterAll(() => rmSync(project, { recursive: true }));

/** What a platform team writes to add its own Task and Pipeline. */
const catalog = `
import { CatalogApp, CatalogChart, Pipeline, Task, flag, gitCloneTask, param, pipeline, task, workspace } from 'octopipeline';

const scan = task('scan', {
  params: { commit: param.string() },
  workspaces: { source: workspace({ readOnly: true }) },
  steps: ({ params, workspaces }) => [{
    name: 'scan', image: 'example.com/scan:1@sha256:${'c'.repeat(64)}', command: ['scan'],
    args: [flag('commit', params.commit), workspaces.source.path],
  }],
});
const audit = pipeline('audit', { params: { url: param.string() }, workspaces: { source: workspace() } }, (p) => {
  const clone = p.task('clone', gitCloneTask, { params: { url: p.params.url }, workspaces: { source: p.workspaces.source } });
  p.task('scan', scan, { params: { commit: clone.results.commit }, workspaces: { source: p.workspaces.source } });
});
const app = new CatalogApp({ producedBy: 'team 1', outdir: 'out', installed: [gitCloneTask] });
new Task(new CatalogChart(app, 'task-scan', { source: 'catalog.ts' }), 'scan', { definition: scan });
new Pipeline(new CatalogChart(app, 'pipeline-audit', { source: 'catalog.ts' }), 'audit', { definition: audit });
app.synth();
`;

/** How it tests that Pipeline. */
const catalogTest = `
import { param, pipeline, result, task } from 'octopipeline';
import { runPipeline } from 'octopipeline/testing';

const scan = task('scan', {
  results: { found: result.string() },
  steps: ({ results }) => [
    { name: 'scan', image: 'example.com/scan:1@sha256:${'c'.repeat(64)}', command: ['scan', results.found.path] },
  ],
});
const audit = pipeline('audit', { params: { url: param.string() } }, (p) => ({ found: p.task('scan', scan).results.found }));
const run = await runPipeline(audit, {
  params: { url: 'x' },
  steps: { 'scan/scan': ({ command }) => ({ output: command.join(' '), results: { found: 'nothing' } }) },
});
const found: string | undefined = run.results.found;
const notThere: string = run.results.fuond;
`;

/** What it releases. */
const shopRelease = `
import { release } from 'octopipeline/release';

export default release('shop', ({ environments, phase, call, deploy }) => {
  const build = call('build', { run: () => ({ image: 'shop:1' }) });
  phase('build', [build]);
  phase('deploy', environments().map((environment) =>
    deploy(environment, { inputs: { image: build.output.image }, up: ({ inputs, log }) => log(inputs.image), down: () => {} })));
});
`;

const withoutMistake = catalogTest.replace(/^const notThere.*$/mu, '');

const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  strict: true,
  skipLibCheck: true,
  types: [],
  outDir: 'built',
};

beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'build']);
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', project]);
  const [{ filename }] = JSON.parse(stdout);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  writeFileSync(join(project, 'catalog.ts'), catalog);
  writeFileSync(join(project, 'audit.ts'), `${withoutMistake}console.log(run.log('scan'), found);`);
  writeFileSync(join(project, 'shop.release.ts'), shopRelease);
  const files = ['catalog.ts', 'audit.ts', 'shop.release.ts'];
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  await execa('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`], { cwd: project });
}, 300_000);

const tsc = (...args: string[]) =>
  execa('npx', ['tsc', '-p', join(project, 'tsconfig.json'), ...args], { reject: false });

test('the packed package type-checks and synthesizes in a separate project', async () => {
  const compiled = await tsc();
  expect(compiled.stdout).toBe('');
  await execa('node', ['built/catalog.js'], { cwd: project });
  const text = readFileSync(join(project, 'out', 'pipeline-audit.yaml'), 'utf8');
  expect(text).toContain('value: $(tasks.clone.results.commit)');
});

test('a Pipeline is tested there, with its results typed', async () => {
  expect((await execa('node', ['built/audit.js'], { cwd: project })).stdout).toBe('scan /tekton/results/found nothing');
  writeFileSync(join(project, 'audit.ts'), catalogTest);
  expect((await tsc('--noEmit')).stdout).toContain("Property 'fuond' does not exist");
  writeFileSync(join(project, 'audit.ts'), withoutMistake);
});

test('a wrong reference does not compile there', async () => {
  writeFileSync(join(project, 'catalog.ts'), catalog.replace('clone.results.commit', 'clone.results.comit'));
  const { stdout } = await tsc('--noEmit');
  expect(stdout).toContain("Did you mean 'commit'?");
});

test('a release is read there, and a wrong output does not compile', async () => {
  await execa('git', ['init', '--quiet'], { cwd: project });
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
  await execa('git', [...identity, 'commit', '--quiet', '--allow-empty', '--message', 'x'], { cwd: project });
  const state = { XDG_STATE_HOME: join(project, 'state') };
  const { stdout } = await execa('npx', ['op', 'release', 'lint', 'built/shop.release.js'], {
    cwd: project,
    env: state,
  });
  expect(stdout).toContain('task/build');
  writeFileSync(join(project, 'shop.release.ts'), shopRelease.replace('build.output.image', 'build.output.imgae'));
  expect((await tsc('--noEmit')).stdout).toContain("Did you mean 'image'?");
  writeFileSync(join(project, 'shop.release.ts'), shopRelease);
});

test('the packed op runs', async () => {
  const { stdout } = await execa('npx', ['op', '--version'], { cwd: project });
  expect(stdout).toBe(`op version ${version}`);
});
