import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../op/kit/errors/op-error.js';
import type { Enter, Isolation } from '../contract.js';
import { type Container, invocation } from './containers.js';
import type { Environment } from './environment.js';
import { variableArguments, whyNoProcess } from './start-process.js';
import type { Sidecar, Step } from './task-spec.js';
import { terminalFilter } from './terminal-filter.js';

/**
 * What opens a program in a container, for a person. It has the terminal, and must not type into it what runs outside of the sandbox.
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
  // They stay open until op ends: the program that opens them once more is started later, by whoever asked for it.
  const { program, args, cwd, open } = await invocation(container, command, isolation, { first: 6, most: 4 });
  const why = whyNoProcess(args, env);
  if (why !== undefined) {
    throw inputError({ what: `nothing can run in ${container.label}`, why, hint: 'correct the step' });
  }
  if (isolation === 'variables') return { program, args, env, cwd };
  const variables = join(directory, 'variables');
  await mkdir(directory, { recursive: true });
  await writeFile(variables, variableArguments(env), { mode: 0o600 });
  const filter = terminalFilter();
  // A session of its own has no terminal: nothing types into it, but Ctrl-C does not reach the program either.
  const terminal = filter === undefined ? ['--new-session'] : ['--seccomp', '5'];
  const filterFile = join(directory, 'terminal-filter');
  await writeFile(filterFile, filter ?? '', { mode: 0o600 });
  const sources = open.descriptors.map((fd) => `/proc/${process.pid}/fd/${fd}`);
  // Some shells know only numbers of one digit.
  const more = sources.map((_, index) => ` ${6 + index}<"$${2 + index}"`).join('');
  const opening = `exec 4<"$0" 5<"$1"${more} && shift ${1 + sources.length} && exec "$@"`;
  const opened = ['-c', opening, variables, filterFile, ...sources, program, '--args', '4', ...terminal];
  return { program: '/bin/sh', args: [...opened, ...args], env: {}, cwd };
}
