/** The packed library in the TypeScript template of cdk8s, as `cdk8s init typescript-app` writes it, and in the same project as ES modules. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const template = join(root, 'node_modules/cdk8s-cli/templates/typescript-app');
const folder = mkdtempSync(join(tmpdir(), 'octopipeline-template-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The template's own chart, with a Task and a Pipeline whose types have no name in the source. */
const main = `import { App, Chart } from 'cdk8s';
import {
  CatalogApp, CatalogChart, Pipeline, StepAction, Task, deliverPipeline, flag, gitCloneTask, param, pipeline, result, step, stepAction, stepFrom,
  task, text, workspace,
} from 'octopipeline';

const image = 'example.com/scan:1@sha256:${'c'.repeat(64)}';
export const notify = stepAction('notify', {
  params: { text: param.string() },
  results: { id: result.string() },
  step: ({ params, results }) => ({ image, command: ['notify'], args: [flag('text', params.text), flag('id', results.id.path)] }),
});
export const scan = task('scan', {
  params: {
    commit: param.string(), mode: param.oneOf(['fast', 'full'], { default: 'fast' }), wait: param.duration({ default: '10m' }),
    paths: param.array({ default: [] }), target: param.object({ host: 'string' }, { default: { host: 'x' } }),
  },
  results: { report: result.string(), files: result.array(), image: result.object({ url: 'string' }) },
  workspaces: { source: workspace({ readOnly: true }), token: workspace.secret({ optional: true }) },
  steps: ({ params, results, workspaces }) => {
    const probe = step('probe', { found: result.string() }, ({ results: own }) => ({ image, command: ['probe'], args: [own.found.path] }));
    const send = stepFrom('send', notify, { params: { text: text\`found \${probe.results.found}\` } });
    return [probe, send, {
      name: 'scan', image, command: ['scan'],
      args: [
        flag('commit', params.commit), flag('mode', params.mode), flag('wait', params.wait), flag('host', params.target.host), ...params.paths,
        flag('source', workspaces.source.path), flag('token', workspaces.token.path),
        results.report.path, results.files.path, results.image.path,
      ],
    }];
  },
});
export const audit = pipeline('audit', { params: { url: param.string() }, workspaces: { source: workspace() } }, (p) => {
  const { source } = p.workspaces;
  const clone = p.task('clone', gitCloneTask, { params: { url: p.params.url }, workspaces: { source } });
  const scanned = p.task('scan', scan, { params: { commit: clone.results.commit }, workspaces: { source } });
  return { report: scanned.results.report, commit: { value: clone.results.commit, description: 'What was scanned' } };
});
export const delivery = deliverPipeline;

const app = new CatalogApp({ producedBy: 'team 1', installed: [gitCloneTask] });
new StepAction(new CatalogChart(app, 'notify', { source: 'main.ts' }), 'notify', { definition: notify });
new Task(new CatalogChart(app, 'scan', { source: 'main.ts' }), 'scan', { definition: scan });
new Pipeline(new CatalogChart(app, 'audit', { source: 'main.ts' }), 'audit', { definition: audit });
app.synth();
export const plain = new App({ outdir: 'plain' });
new Task(new Chart(plain, 'chart'), 'scan', { definition: scan });
`;

const modules = (project: string) => join(project, 'node_modules');

beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'build'], { cwd: root });
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const [{ filename }] = JSON.parse(stdout);
  await execa('tar', ['-xzf', filename], { cwd: folder });
}, 600_000);

/** A copy of the template with the packed library; all packages are the ones of this project, so that nothing is downloaded. */
function project(
  name: string,
  change: (compilerOptions: Record<string, unknown>) => Record<string, unknown>,
  type: string,
) {
  const place = join(folder, name);
  mkdirSync(modules(place), { recursive: true });
  const { compilerOptions } = JSON.parse(readFileSync(join(template, 'tsconfig.json'), 'utf8'));
  const config = { compilerOptions: change(compilerOptions), include: ['main.ts'] };
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(place, 'package.json'), JSON.stringify({ type, private: true, main: 'main.js' }));
  writeFileSync(join(place, 'main.ts'), main);
  cpSync(join(folder, 'package'), join(modules(place), 'octopipeline'), { recursive: true });
  for (const packageName of ['cdk8s', 'cdk8s-plus-28', 'constructs', 'semver', 'valibot', 'yaml', '@types/node']) {
    mkdirSync(dirname(join(modules(place), packageName)), { recursive: true });
    symlinkSync(join(root, 'node_modules', packageName), join(modules(place), packageName));
  }
  return place;
}

describe.each([
  ['as it is, with CommonJS', 'commonjs', (options: Record<string, unknown>) => options],
  [
    'with ES modules',
    'module',
    (options: Record<string, unknown>) => ({ ...options, module: 'nodenext', target: 'ES2022', lib: ['es2022'] }),
  ],
  [
    'with CommonJS and the resolution of Node',
    'commonjs',
    (options: Record<string, unknown>) => ({ ...options, module: 'nodenext', target: 'ES2022', lib: ['es2022'] }),
  ],
] as const)("cdk8s' own TypeScript template, %s", (name, type, change) => {
  test('compiles with declarations, and synthesizes', { timeout: 300_000 }, async () => {
    const place = project(name.replaceAll(/\W+/g, '-'), change, type);
    const compiled = await execa('npx', ['tsc', '-p', place], { cwd: root, reject: false });
    expect(compiled.stdout).toBe('');
    expect(readFileSync(join(place, 'main.d.ts'), 'utf8')).toContain('export declare const audit');
    await execa('node', ['main.js'], { cwd: place });
    expect(readdirSync(join(place, 'dist')).sort()).toEqual(['audit.yaml', 'notify.yaml', 'scan.yaml']);
  });
});

test('the types of the library do not need those of cdk8s-plus, and the app has one copy of cdk8s', () => {
  const types = join(folder, 'package/lib/src');
  const reached = new Set<string>();
  const follow = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)\.js'/gu)) {
      follow(join(dirname(file), `${path}.d.ts`));
    }
  };
  follow(join(types, 'index.d.ts'));
  expect([...reached].filter((file) => /['"]cdk8s-plus/u.test(readFileSync(file, 'utf8')))).toEqual([]);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8'));
  expect(Object.keys(peerDependencies)).toEqual(['cdk8s', 'constructs']);
  expect(Object.keys(dependencies)).not.toContain('cdk8s');
});
