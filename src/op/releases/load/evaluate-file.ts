import { join } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { Json } from '../../store/documents/body.js';
import type { Ref } from '../author/values.js';
import { formatReference, parseReference } from '../reference/reference.js';
import { isStarlark, type StarlarkFile, starlarkRelease } from '../starlark/release.js';
import { type Evaluated, evaluate } from './evaluate.js';
import { importRelease } from './import-file.js';

/** What a file says, and what its functions may ask while they run. */
export interface EvaluatedFile extends Evaluated {
  /** The value that a reference has now. @throws OpError (refused) when it has none, and no default */
  readonly lookUp: (reference: Ref) => Promise<Json>;
}

/** Evaluates the file of a release, which is written in TypeScript or in Starlark. @throws OpError (input) */
export async function evaluateFile(context: Context, file: StarlarkFile): Promise<EvaluatedFile> {
  const { root, path, environments, base, valueNow } = file;
  const definition = isStarlark(path)
    ? await starlarkRelease(context, file)
    : await importRelease(context, join(root, path), path);
  const lookUp: EvaluatedFile['lookUp'] = async ({ ref, default: otherwise }) => {
    const whole = formatReference(parseReference(ref, base));
    const value = (await valueNow(whole)) ?? otherwise;
    if (value !== undefined) return value;
    throw refusedError({
      what: `${whole} has no value yet`,
      why: 'the function that goes on needs it now',
      hint: 'give it a default, or make it an input of the item, which waits for it',
    });
  };
  return { ...evaluate(definition, environments, base), lookUp };
}
