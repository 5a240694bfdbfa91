import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The path of a program, looked up on PATH as the system does; undefined if it is not found.
 * @param path the value of PATH
 */
export function findProgram(program: string, path = ''): string | undefined {
  for (const directory of path.split(delimiter)) {
    if (directory !== '' && isProgram(`${directory}/${program}`)) return join(directory, program);
  }
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
