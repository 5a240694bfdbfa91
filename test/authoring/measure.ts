/** What happens to an author's code: what the compiler says of it, and what a synth does. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cdk8s from 'cdk8s';
import * as constructs from 'constructs';
import ts from 'typescript';
import * as api from '../../src/index.js';
import * as prelude from './prelude.js';

/**
 * Where a mistake is found: by the compiler; at synth, with a path; by a warning of synth; with an error that does not say what is wrong;
 * or nowhere.
 */
export type Layer = 'tsc' | 'synth' | 'warns' | 'crashes' | 'passes';

export interface Measured {
  readonly layer: Layer;
  /** What the author reads. */
  readonly says: string;
}

const folder = import.meta.dirname;
const head = `
import { Chart, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ${Object.keys(api).join(', ')} } from '../../src/index.js';
import type { Duration, ResourceRequirements, ScheduledRunProps, SecurityContext, Volume } from '../../src/index.js';
import { ${Object.keys(prelude).join(', ')} } from './prelude.js';
`;

/** All code in one program: starting the compiler costs more than the mistakes. */
export function compile(codes: readonly string[]): readonly (string | undefined)[] {
  const sources = new Map(codes.map((code, index) => [join(folder, `mistake-${index}.ts`), moduleOf(code)]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    resolveJsonModule: true,
    noEmit: true,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, language, ...rest) => {
    const text = sources.get(file);
    return text === undefined ? getSourceFile(file, language, ...rest) : ts.createSourceFile(file, text, language);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((file) => {
    const [first] = program.getSemanticDiagnostics(program.getSourceFile(file));
    return first === undefined ? undefined : ts.flattenDiagnosticMessageText(first.messageText, '\n');
  });
}

/** Runs the code as its author would, and tells what happened. */
export function run(code: string): Measured {
  const { outputText } = ts.transpileModule(moduleOf(code), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
  });
  const modules: Readonly<Record<string, unknown>> = {
    cdk8s,
    constructs,
    'node:fs': { existsSync, readFileSync },
    'node:path': { join },
    '../../src/index.js': api,
    './prelude.js': prelude,
  };
  const exports: { mistake?: () => void } = {};
  new Function('require', 'exports', outputText)((name: string) => modules[name], exports);
  const warnings: string[] = [];
  const write = process.stderr.write;
  process.stderr.write = (text: string | Uint8Array) => warnings.push(String(text)) > 0;
  try {
    exports.mistake?.();
  } catch (error) {
    return failed(error);
  } finally {
    process.stderr.write = write;
  }
  return warnings.length > 0 ? { layer: 'warns', says: warnings.join('') } : { layer: 'passes', says: '' };
}

function failed(error: unknown): Measured {
  if (!(error instanceof Error)) throw error;
  const expected = error instanceof api.CatalogError || /^the catalog has /u.test(error.message);
  return { layer: expected ? 'synth' : 'crashes', says: error.message };
}

function moduleOf(code: string): string {
  return `${head}export function mistake(): void {\n${code}\n}\n`;
}
