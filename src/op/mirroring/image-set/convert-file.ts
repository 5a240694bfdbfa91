import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import type { RequestOf } from '../../kit/options/option.js';
import { oneFile, readInput, writeResult } from '../import/files.js';
import type { outputFileOptions } from '../import/options.js';
import { problemLines, warnOf } from '../import/say.js';
import { type Converted, convertImageSet } from './convert.js';

/** `op mirror convert`: an ImageSetConfiguration of v1alpha2 as v2alpha1. @throws OpError (usage), (input) with every line that cannot be */
export async function convertFile(
  context: Context,
  request: RequestOf<typeof outputFileOptions>,
  words: readonly string[],
): Promise<void> {
  const file = oneFile('op mirror convert', words);
  const converted = mustConvert(file, await readInput(context, file));
  await writeResult(context, request, converted.text);
  warnOf(context, file, converted.warnings);
  context.log.step(
    converted.from === 'v2alpha1' ? `${file} is v2alpha1 already, and valid` : `converted ${file} to v2alpha1`,
  );
}

/** @throws OpError (input) with every line that v2alpha1 has nothing for */
export function mustConvert(file: string, content: string): Converted {
  const converted = convertImageSet(content);
  if (!('problems' in converted)) return converted;
  throw inputError({
    what: `${file} cannot be converted: ${countOf(converted.problems.length, 'problem')}`,
    why: problemLines(file, converted.problems),
    hint: 'change these lines; docs/mirroring.md says what v2alpha1 does not have',
  });
}
