import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the project keeps the tools that it builds for its own tests. */
export function toolsDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'octopipeline', 'bin');
}

/**
 * The environment of a test that runs real tools: those on PATH, then those that the project built.
 * @throws Error that names every tool that is missing, and how to get it
 */
export function withTools(tools: readonly string[], env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const path = [env.PATH ?? '', toolsDirectory(env)].filter(Boolean).join(delimiter);
  const missing = tools.filter((tool) => findTool(tool, path) === undefined);
  if (missing.length > 0) {
    const where = `neither on PATH nor in ${toolsDirectory(env)}`;
    throw new Error(`${missing.join(', ')}: ${where}; test/cluster/build builds them, see CONTRIBUTING.md`);
  }
  return { ...env, PATH: path };
}

/** The path of a program, or undefined. */
export function findTool(tool: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory, tool))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
