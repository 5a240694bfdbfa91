import { join } from 'node:path';
import type { Context } from '../../context.js';
import { isStarlark, type StarlarkFile, starlarkRelease } from '../starlark/release.js';
import { type Evaluated, evaluate } from './evaluate.js';
import { importRelease } from './import-file.js';

/** Evaluates the file of a release, which is written in TypeScript or in Starlark. @throws OpError (input) */
export async function evaluateFile(context: Context, file: StarlarkFile): Promise<Evaluated> {
  const { root, path, environments, base } = file;
  const definition = isStarlark(path)
    ? await starlarkRelease(context, file)
    : await importRelease(context, join(root, path), path);
  return evaluate(definition, environments, base);
}
