import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { type Command, run } from '../../kit/process/run.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { parseBuildResult } from '../build-result/parse.js';
import { explainFailure } from './explain.js';
import { buildFlags, type Project, skaffold } from './project.js';

/** How Skaffold is to build. */
export interface BuildOptions {
  readonly repository: string | undefined;
  readonly push: boolean;
  /** Whether images that Skaffold built before, from the same files, may be used. */
  readonly cache: boolean;
  readonly onLine: (line: string) => void;
}

/**
 * Builds all artifacts.
 * @returns the images in Skaffold's order
 * @throws OpError (input, tool) with what Skaffold and the failed builder said
 */
export async function build(context: Context, project: Project, options: BuildOptions): Promise<readonly BuiltImage[]> {
  const flags = [`--push=${options.push}`, ...(options.cache ? [] : ['--cache-artifacts=false'])];
  return fileOutput(context, project, options.repository, flags, options.onLine);
}

/** The images that a build would make, with the tags they would get. Nothing is built. */
export async function dryRun(
  context: Context,
  project: Project,
  repository: string | undefined,
): Promise<readonly BuiltImage[]> {
  return fileOutput(context, project, repository, ['--dry-run'], (line) => {
    context.log.debug(line);
    if (line.startsWith('Some taggers failed')) context.log.warn(`${project.file}: ${tagsFailed}`);
  });
}

/** Skaffold says no more than that, and goes on with the tag latest. */
const tagsFailed = 'its tag policy gave no tag for some images, and Skaffold calls them latest; op --debug shows more';

async function fileOutput(
  context: Context,
  project: Project,
  repository: string | undefined,
  flags: readonly string[],
  onLine: (line: string) => void,
): Promise<readonly BuiltImage[]> {
  return withTemporaryDirectory(context, 'skaffold', async (directory) => {
    const file = join(directory, 'builds.json');
    const command = skaffold(
      project,
      ['build'],
      [`--file-output=${file}`, ...flags, ...buildFlags(project, repository)],
    );
    const lines: string[] = [];
    const heard: Command = {
      ...command,
      keepOutput: false,
      onLine: (raw) => {
        const line = stripVTControlCharacters(raw).trimEnd();
        if (line === '' || isNoise(line)) return;
        if (lines.push(line) > linesKept)
          lines.splice(0, linesKept / 2, ...lines.slice(0, linesKept / 2).filter(isAboutImage));
        onLine(line);
      },
    };
    const ended = await run(context, heard);
    const content = await readFile(file, 'utf8').catch(() => '');
    // Skaffold ends with 0 also when a signal stopped it: only the file says that images were built.
    if (ended.ended === 'ok' && content.trim() !== '' && !content.includes('"builds":null')) {
      return parseBuildResult('what Skaffold wrote', content).images;
    }
    if (ended.ended === 'ok') throw nothingBuilt(project.file);
    throw explainFailure(project.file, command, ended, lines);
  });
}

/** Enough to explain a failure: the last lines, and of those before only which image was begun and done. */
const linesKept = 10_000;
const isAboutImage = (line: string) => /^Build(?:ing)? \[/u.test(line);

/** Skaffold always asks a Docker daemon for images it could reuse, also where every builder does without; a daemon tells of each layer. */
const isNoise = (line: string) => line.includes('failed to list images:') || /^[0-9a-f]{12}: /u.test(line);

const nothingBuilt = (file: string) =>
  toolError({
    what: `Skaffold built nothing from ${file}`,
    why: 'it ended well, and named no image: something stopped it',
    hint: 'look above for what it said last, and run the same command again',
  });
