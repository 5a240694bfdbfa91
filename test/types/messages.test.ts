import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

/** What an author reads when one of the commonest mistakes does not compile. */
const snippets = [
  {
    mistake: 'a misspelled result',
    code: "p.task('n', build, { params: { commit: cloned.results.comit } });",
    says: /^Property 'comit' does not exist on type 'RefsOf<.*>'\. Did you mean 'commit'\?$/,
  },
  {
    mistake: 'a misspelled param',
    code: "p.task('n', build, { params: { commit: 'x', mod: 'fast' } });",
    says: /^Object literal may only specify known properties, but 'mod' does not exist in type .*\. Did you mean to write 'mode'\?$/,
  },
  {
    mistake: 'a missing param',
    code: "p.task('n', build, { params: { mode: 'fast' } });",
    says: /Property 'commit' is missing in type '\{ mode: "fast"; \}' but required in type/,
  },
  {
    mistake: 'a value that is not among those allowed',
    code: "p.task('n', build, { params: { commit: 'x', mode: 'slow' } });",
    says: /^Type '"slow"' is not assignable to type '"fast" \| "full" \| StringRef<"pipeline"> \| Text<"pipeline">'/,
  },
  {
    mistake: 'an array where a string is wanted',
    code: "p.task('n', build, { params: { commit: cloned.results.files } });",
    says: /^Type 'ArrayRef<"pipeline">' is not assignable to type 'string \| StringRef<"pipeline"> \| Text<"pipeline">'/,
  },
  {
    mistake: 'a status outside of finally',
    code: "p.task('n', build, { params: { commit: cloned.status } });",
    says: /^Type 'StringRef<"finally only">' is not assignable to type 'string \| StringRef<"pipeline"> \| Text<"pipeline">'/,
  },
  {
    mistake: 'an optional workspace for a required one',
    code: "p.task('n', clone, { params: { url: 'x' }, workspaces: { output: p.workspaces.cache } });",
    says: /^Type 'WorkspaceRef<"volume", "optional">' is not assignable to type 'WorkspaceBinding<WorkspaceRef<"volume", "required">, "pipeline">'/,
  },
  {
    mistake: 'an array in a shell word',
    code: "task('t', { params: { files: param.array() }, steps: ({ params }) => [{ name: 'a', image: 'i', script: sh`cat ${params.files}` }] });",
    says: /^Argument of type 'ArrayRef<"task">' is not assignable to parameter of type 'ScriptHole<"task">'/,
  },
  {
    mistake: 'a param that the Task does not declare',
    code: "task('t', { params: { url: param.string() }, steps: ({ params }) => [{ name: 'a', image: 'i', command: [params.urll] }] });",
    says: /^Property 'urll' does not exist on type 'RefsOf<.*"task">'\. Did you mean 'url'\?$/,
  },
  {
    mistake: 'a flag with its dashes',
    code: "flag('--url', cloned.results.commit);",
    says: /^Argument of type '"--url"' is not assignable to parameter of type '"the name of a flag without its dashes"'\.$/,
  },
  {
    mistake: 'no params at all where one is required',
    code: "p.task('n', build);",
    says: /^Expected 3 arguments, but got 2\.$/,
  },
] as const;

const core = fileURLToPath(new URL('../../src/tekton/index.ts', import.meta.url));
const root = fileURLToPath(new URL('.', import.meta.url));

function source(code: string): string {
  return `
    import { flag, param, pipeline, result, sh, task, workspace } from '../../src/tekton/index.js';
    const steps = () => [{ name: 'run', image: 'i', command: ['true'] }] as const;
    const clone = task('clone', { params: { url: param.string() }, results: { commit: result.string(), files: result.array() },
      workspaces: { output: workspace() }, steps });
    const build = task('build', { params: { commit: param.string(), mode: param.oneOf(['fast', 'full'], { default: 'fast' }) }, steps });
    pipeline('p', { workspaces: { source: workspace(), cache: workspace({ optional: true }) } }, (p) => {
      const cloned = p.task('clone', clone, { params: { url: 'x' }, workspaces: { output: p.workspaces.source } });
      ${code}
      void [cloned, build, flag, sh];
    });
  `;
}

describe('tsc says in one readable line', () => {
  let messages: readonly (readonly string[])[] = [];

  beforeAll(() => {
    const sources = new Map(snippets.map(({ code }, index) => [`${root}snippet-${index}.ts`, source(code)]));
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        target: 'es2023',
        lib: ['es2023'],
        module: 'nodenext',
        moduleResolution: 'nodenext',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        noEmit: true,
        types: [],
      },
      root,
    );
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
    host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
    host.getSourceFile = (name, language, ...rest) => {
      const text = sources.get(name);
      return text === undefined
        ? getSourceFile.call(host, name, language, ...rest)
        : ts.createSourceFile(name, text, language);
    };
    const program = ts.createProgram([core, ...sources.keys()], options, host);
    messages = [...sources.keys()].map((name) => {
      const diagnostics = program.getSemanticDiagnostics(program.getSourceFile(name));
      return diagnostics.map((found) => ts.flattenDiagnosticMessageText(found.messageText, '\n'));
    });
  }, 60_000);

  it.each(snippets.map(({ mistake, says }, index) => ({ mistake, says, index })))('$mistake', ({ says, index }) => {
    const found = messages[index] ?? [];
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(says);
  });
});
