import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Enter, Isolation } from '../contract.js';
import { type Container, invocation } from './containers.js';
import type { Environment } from './environment.js';
import { variableArguments } from './start-process.js';
import type { Sidecar, Step } from './task-spec.js';

/**
 * What opens a program in a container, for a person.
 * @param env all variables of the program
 * @param directory for a file with them: in bwrap's own environment or arguments they would choose its libraries, or be seen by others
 */
export async function enterContainer(
  container: Container<Step | Sidecar>,
  command: readonly string[],
  env: Environment,
  isolation: Isolation,
  directory: string,
): Promise<Awaited<ReturnType<Enter>>> {
  const { program, args, cwd } = await invocation(container, command, isolation);
  if (isolation === 'variables') return { program, args, env, cwd };
  const variables = join(directory, 'variables');
  await mkdir(directory, { recursive: true });
  await writeFile(variables, variableArguments(env), { mode: 0o600 });
  const withVariables = ['-c', 'exec 4<"$0" && exec "$@"', variables, program, '--args', '4'];
  return { program: '/bin/sh', args: [...withVariables, ...args], env: {}, cwd };
}
