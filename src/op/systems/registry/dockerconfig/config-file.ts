import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../../context.js';

/** The docker config that tools read when none is given. Source: docker/cli, config.Dir. */
export async function usualConfig(
  env: Context['env'],
): Promise<{ readonly source: string; readonly content: string } | undefined> {
  const source = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  const content = await readFile(source, 'utf8').catch(() => undefined);
  return content === undefined ? undefined : { source, content };
}
