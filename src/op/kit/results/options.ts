import { option } from '../options/option.js';

/** The option of every command with outputs. */
export const resultOptions = {
  result: option.repeatable('write an output to a file', { value: '<name=path>' }),
};
