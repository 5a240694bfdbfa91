/** The code on the pages compiles: all `ts` blocks of one page, read from the top, are one module. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', ...docs.map((name) => `docs/${name}`)];

/** The code of a page, with the line numbers of the page, so that the compiler reports lines of the page. */
function codeOf(page: string): string {
  let inside = false;
  const lines = page.split('\n').map((line) => {
    const fence = /^\s*```(\w*)/u.exec(line);
    if (fence !== null) inside = !inside && fence[1] === 'ts';
    return inside && fence === null ? line : '';
  });
  return `${lines.join('\n')}\nexport {};\n`;
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  resolveJsonModule: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  paths: {
    octopipeline: [join(root, 'src/index.ts')],
    'octopipeline/testing': [join(root, 'src/testing.ts')],
    'octopipeline/release': [join(root, 'src/release.ts')],
  },
};

/** Compiles modules that exist only in memory, as if they were in the folder of package.json. */
function compile(modules: ReadonlyMap<string, string>): readonly string[] {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getCurrentDirectory = () => root;
  host.fileExists = (file) => modules.has(file) || fileExists(file);
  host.readFile = (file) => modules.get(file) ?? readFile(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const text = modules.get(file);
    return text === undefined
      ? getSourceFile(file, languageVersion, ...rest)
      : ts.createSourceFile(file, text, languageVersion);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
    const page = file?.fileName.slice(root.length + 1).replace(/\.ts$/u, '');
    return `${page}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

const withCode = new Map(
  pages
    .map((page): [string, string] => [
      // Flat: a page may import from ./src, as a file in the folder of package.json does.
      join(root, `${page.replaceAll('/', ' ')}.ts`),
      codeOf(readFileSync(join(root, page), 'utf8')),
    ])
    .filter(([, code]) => code.trim() !== 'export {};'),
);

test('there are pages with code', () => {
  expect([...withCode.keys()].map((file) => file.slice(root.length + 1))).toEqual(
    expect.arrayContaining(['docs platform-teams.md.ts', 'docs writing-tasks.md.ts']),
  );
});

test('every ts block of README.md and docs/ compiles', { timeout: 240_000 }, () => {
  expect(compile(withCode)).toEqual([]);
});

test('a block that is wrong is reported with the line of its page', () => {
  const wrong = codeOf("# Page\n\n```ts\nimport { param } from 'octopipeline';\nparam.number();\n```\n");
  const [message] = compile(new Map([[join(root, 'wrong.md.ts'), wrong]]));
  expect(message).toMatch(/^wrong\.md:5 Property 'number' does not exist/u);
});

test('the page on tests of Pipelines shows the example that is run', () => {
  const example = readFileSync(join(root, 'examples/testing/release.test.ts'), 'utf8');
  const [, shown] = /```ts\n(.*?)```/su.exec(readFileSync(join(root, 'docs/testing-pipelines.md'), 'utf8')) ?? [];
  expect(shown).toBe(example);
});

// One page is one module, and a module has one default export: the other blocks are marked in another way, and compiled where they are.
test.each([
  ['ts', 'shop'],
  ['typescript', 'environments'],
  ['typescript', 'deliver'],
])('the page on releases shows, as %s, the example %s that is run', (language, name) => {
  const example = readFileSync(join(root, `examples/release/${name}.release.ts`), 'utf8');
  const page = readFileSync(join(root, 'docs/releases.md'), 'utf8');
  expect(page).toContain(`\`\`\`${language}\n${example}\`\`\`\n`);
});

test('links between the pages are valid', () => {
  const broken = pages.flatMap((page) => {
    const from = resolve(root, page, '..');
    const text = readFileSync(join(root, page), 'utf8');
    return [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/gu)]
      .map(([, target = '']) => target)
      .filter((target) => ts.sys.fileExists(resolve(from, target)) === ts.sys.directoryExists(resolve(from, target)))
      .map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});
