/** What every mistake of `mistakes/` can use: a few right definitions, and `synth`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as api from '../../src/index.js';

const { flag, param, result, stepAction, task, workspace } = api;

export const image = `registry.example.com/tools:1@sha256:${'0'.repeat(64)}`;
export const run = { name: 'run', image, command: ['true'] } as const;

export const clone = task('clone', {
  params: { url: param.string(), depth: param.string({ default: '1' }) },
  results: { commit: result.string(), files: result.array() },
  workspaces: { output: workspace() },
  steps: ({ params, results, workspaces }) => [
    {
      name: 'clone',
      image,
      command: ['clone'],
      args: [
        flag('url', params.url),
        flag('depth', params.depth),
        flag('into', workspaces.output.path),
        flag('commit', results.commit.path),
        flag('files', results.files.path),
      ],
    },
  ],
});

export const lint = task('lint', {
  params: {
    commit: param.string(),
    mode: param.oneOf(['fast', 'full'], { default: 'fast' }),
    patience: param.duration({ default: '10m' }),
    only: param.array({ default: ['.'] }),
  },
  results: { report: result.string() },
  workspaces: { source: workspace({ readOnly: true }), token: workspace.secret({ optional: true }) },
  steps: ({ params, results, workspaces }) => [
    {
      name: 'lint',
      image,
      command: ['lint'],
      args: [
        flag('commit', params.commit),
        flag('mode', params.mode),
        flag('patience', params.patience),
        flag('source', workspaces.source.path),
        flag('token', workspaces.token.path),
        flag('report', results.report.path),
        ...params.only,
      ],
    },
  ],
});

export const tell = task('tell', {
  params: { text: param.string() },
  steps: ({ params }) => [{ name: 'tell', image, command: ['tell'], args: [flag('text', params.text)] }],
});

export const notify = stepAction('notify', {
  params: { text: param.string(), loud: param.string({ default: 'false' }) },
  results: { id: result.string() },
  step: ({ params, results }) => ({
    image,
    command: ['notify'],
    args: [flag('text', params.text), flag('loud', params.loud), flag('id', results.id.path)],
  }),
});

/** Writes definitions, each in a chart of its own, with the Tasks and StepActions that they refer to. */
export function synth(...definitions: readonly api.AnyDefinition[]): void {
  inFolder((outdir) => {
    const app = new api.CatalogApp({ producedBy: 'team 1', outdir });
    for (const [index, definition] of [...new Set(definitions.flatMap(withUsed))].entries()) {
      const chart = new api.CatalogChart(app, `chart-${index}`, { source: 'catalog.ts' });
      if (definition.kind === 'Task') new api.Task(chart, 'object', { definition });
      else if (definition.kind === 'Pipeline') new api.Pipeline(chart, 'object', { definition });
      else if (definition.kind === 'PipelineRun') new api.PipelineRun(chart, 'object', { definition });
      else if (definition.kind === 'StepAction') api.toStepAction(definition);
      else api.toTaskRun(definition);
    }
    app.synth();
  });
}

/** Runs something with a new folder, which is removed. */
export function inFolder(act: (outdir: string) => void): void {
  const outdir = mkdtempSync(join(tmpdir(), 'authoring-'));
  try {
    act(outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** A definition with those that it refers to by name. */
function withUsed(definition: api.AnyDefinition): readonly api.AnyDefinition[] {
  switch (definition.kind) {
    case 'Task':
      return [definition, ...definition.steps.flatMap(({ ref }) => (ref !== undefined && 'kind' in ref ? [ref] : []))];
    case 'Pipeline':
      return [
        definition,
        ...definition.nodes.flatMap((node) =>
          node.definition?.kind === 'Task' && node.options.embed !== true ? withUsed(node.definition) : [],
        ),
      ];
    case 'PipelineRun':
      return [definition, ...withUsed(definition.pipeline)];
    default:
      return [definition];
  }
}

/** A schedule in a catalog, with these properties instead of the right ones. */
export function nightly(wrong: Partial<api.ScheduledRunProps>): void {
  const checked = api.pipeline('check', {}, (p) => void p.task('tell', tell, { params: { text: 'x' }, embed: true }));
  const right = {
    name: 'nightly',
    schedule: '0 3 * * *',
    image,
    run: api.pipelineRun({ generateName: 'check-' }, checked, {}),
  };
  inFolder((outdir) => {
    const app = new api.CatalogApp({ producedBy: 'team 1', outdir });
    new api.Pipeline(new api.CatalogChart(app, 'check', { source: 'a.ts' }), 'check', { definition: checked });
    new api.ScheduledRun(new api.CatalogChart(app, 'nightly', { source: 'a.ts' }), 'nightly', { ...right, ...wrong });
    app.synth();
  });
}
