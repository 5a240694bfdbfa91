import { toJsonSchema } from '@valibot/to-json-schema';
import { mirrorFile } from './op/mirroring/mirror-file/schema.js';

/**
 * The JSON Schema of the mirror file, for editors: names, types and sentences, from the one description that op checks files with. What a
 * schema cannot say, such as whether a regular expression is valid, only op checks.
 */
export function mirrorFileSchema(): string {
  const schema = toJsonSchema(mirrorFile, { errorMode: 'ignore', typeMode: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ title: 'Mirror file', ...schema }, undefined, 2)}\n`;
}
