import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readSettings, type Settings } from '../../images/settings/settings.js';
import type { Project } from '../../images/skaffold/project.js';
import { type Runnable, readRunnables, strangers } from './contexts.js';
import { findRunFile } from './find-run-file.js';
import type { RunRequest } from './options.js';
import type { RunFile } from './run-file.js';

/** What is known of a repository before something of it is run. */
export interface Prepared {
  /** Its `cwd` is the repository's root. */
  readonly context: Context;
  readonly project: Project;
  readonly runnables: readonly Runnable[];
  readonly file: RunFile;
  readonly settings: Settings;
}

/** Reads skaffold.yaml, the run file and the configuration. @throws OpError (input) */
export async function prepareRun(outer: Context, request: RunRequest): Promise<Prepared> {
  const cwd = resolve(outer.cwd, request.directory);
  const context = { ...outer, cwd, propertiesFile: outer.propertiesFile && resolve(outer.cwd, outer.propertiesFile) };
  const flags = { ...request, destination: 'local', pushAll: false, insecureRegistry: [] } as const;
  const settings = await readSettings(context, flags, 'localhost:5001');
  const project: Project = {
    directory: cwd,
    file: request.skaffoldFile,
    profiles: (settings.profile?.value ?? '').split(',').filter((name) => name !== ''),
    namespace: undefined,
    platforms: [],
    insecure: [],
    env: {},
  };
  const [runnables, file] = await Promise.all([readRunnables(context, project), findRunFile(context, cwd)]);
  const unknown = strangers(runnables, file);
  if (unknown.length > 0) {
    const names = [...new Set(runnables.map(({ name }) => name))].join(', ');
    context.log.warn(`${file.name}: contexts ${unknown.join(', ')} are not in ${project.file}, which has ${names}`);
  }
  return { context, project, runnables, file, settings };
}
