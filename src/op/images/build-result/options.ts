import { option, type RequestOf } from '../../kit/options/option.js';

/** The options of every command that writes build_result.json. */
export const buildResultFileOptions = {
  buildResult: option.text('image list to write', { value: '<file>', otherwise: 'build_result.json' }),
  noFileOutput: option.flag('do not write build_result.json'),
};

type BuildResultFileRequest = RequestOf<typeof buildResultFileOptions> & {
  /** The directory that the file goes to unless it is named. */
  readonly output?: string | undefined;
};

/** The path of the list to write; undefined when none is wanted. */
export function buildResultFileOf({ buildResult, noFileOutput, output }: BuildResultFileRequest): string | undefined {
  if (noFileOutput) return undefined;
  return buildResult ?? (output === undefined ? 'build_result.json' : `${output}/build_result.json`);
}
