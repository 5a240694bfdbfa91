import { open, readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Properties } from 'properties-file/parser';
import { inputError } from '../errors/op-error.js';
import { type Pod, refuseRights } from './rights.js';
import type { Setting } from './setting.js';

/** The settings of a properties file by key; if a key is there twice, the last one wins. */
export type PropertySettings = ReadonlyMap<string, Setting>;

const hint = 'write one key=value per line; lines that start with # or ! are comments';

/** What a properties file is read for: the program's working directory, its environment, and the file, if one is named. */
export interface PropertiesPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly propertiesFile: string | undefined;
}

/**
 * Reads the properties file; no settings without one. Source of the format: java.util.Properties; values are also trimmed at their end,
 * as op has always done.
 * @throws OpError (input) when the file is missing, or a line has no key, or no `=` or `:` after it; (refused) when a file that the code
 * of a Git repository can choose sets what decides where op's rights go
 */
export async function readProperties({ cwd, env, propertiesFile: path }: PropertiesPlace): Promise<PropertySettings> {
  if (path === undefined) return new Map();
  const { content, stats } = await readOpened(path).catch((error: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read the properties file ${path}`,
      why: error.code === 'ENOENT' ? 'the file does not exist' : error.message,
      hint: 'name an existing file with --config or OCTOPILOT_PIPELINE_PROPERTIES, or remove both',
      cause: error,
    });
  });
  const name = relative(cwd, path).startsWith('..') ? path : relative(cwd, path);
  const settings = parseProperties(name, content);
  await refuseRights({ path: resolve(cwd, path), stats }, settings, await podOf(env));
  return settings;
}

async function readOpened(path: string) {
  const file = await open(path);
  try {
    return { content: await file.readFile('utf8'), stats: await file.stat() };
  } finally {
    await file.close();
  }
}

async function podOf({ KUBERNETES_SERVICE_HOST: host }: PropertiesPlace['env']): Promise<Pod | undefined> {
  if (!host) return undefined;
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return { user: process.geteuid?.() ?? 0, mounts };
}

/** Parses the text of a properties file; messages call it `name`. @throws OpError (input) */
export function parseProperties(name: string, content: string): PropertySettings {
  const settings = new Map<string, Setting>();
  for (const node of properties(name, content)) {
    const origin = `${name}:${node.startingLineNumber}`;
    if (node.separatorChar === undefined || !/^[\w.-]+$/u.test(node.key)) {
      throw inputError({
        what: `${name} is not a properties file`,
        why: `line ${node.startingLineNumber} is not key=value`,
        hint,
      });
    }
    settings.set(node.key, { key: node.key, value: node.value.trim(), origin });
  }
  return settings;
}

function properties(name: string, content: string) {
  try {
    return new Properties(content).getProperties();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw inputError({ what: `${name} is not a properties file`, why, hint, cause });
  }
}
