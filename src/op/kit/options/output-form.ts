import { option } from './option.js';

/** The option of every command that prints for people or for machines. */
export const outputForm = option.choice('output format', ['text', 'json'], {
  value: '<form>',
  letter: 'o',
  default: 'text',
});
