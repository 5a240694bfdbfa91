import { accessSync, constants, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the project keeps what it builds for itself. */
const cacheDirectory = (env: NodeJS.ProcessEnv) =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'octopipeline');

/** Where tools for its tests may be linked. */
export const toolsDirectory = (env: NodeJS.ProcessEnv = process.env): string => join(cacheDirectory(env), 'bin');

/** Where tools are: linked, those of the test cluster, and what `image/go-tool` built. */
function toolDirectories(env: NodeJS.ProcessEnv): readonly string[] {
  const cache = cacheDirectory(env);
  return [
    toolsDirectory(env),
    join(cache, 'cluster-bin'),
    ...subdirectories(join(cache, 'go')).map((module) => join(module, 'bin')),
  ];
}

/**
 * The environment of a test that runs real tools: those on PATH, then those that the project built.
 * @throws Error that names every missing tool, and how to get it
 */
export function withTools(tools: readonly string[], env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const path = [env.PATH ?? '', ...toolDirectories(env)].filter(Boolean).join(delimiter);
  const missing = tools.filter((tool) => findTool(tool, path) === undefined);
  if (missing.length === 0) return { ...env, PATH: path };
  throw new Error(
    `${missing.join(', ')}: not found on PATH or among the tools built by this project; image/build builds them`,
  );
}

/** A PATH without the directories that have a program. */
export const pathWithout = (tool: string, path: string): string =>
  path
    .split(delimiter)
    .filter((directory) => findTool(tool, directory) === undefined)
    .join(delimiter);

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

/** Newest version last in their names, so first here. */
function subdirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .sort()
      .reverse()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
