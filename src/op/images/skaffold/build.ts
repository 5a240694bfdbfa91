import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Command, run } from '../../kit/process/run.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { parseBuildResult } from '../build-result/parse.js';
import { readWithSkaffold } from './artifacts.js';
import { explainFailure } from './explain.js';
import { readPlain } from './plain.js';
import { plainNames } from './plain-names.js';
import { buildFlags, type Project, skaffoldCommand } from './project.js';

/** How Skaffold builds. */
export interface SkaffoldBuild {
  readonly repository: string | undefined;
  readonly push: boolean;
  /** Whether Skaffold may reuse images that it built from the same files before. */
  readonly cache: boolean;
  readonly onLine: (line: string) => void;
}

/**
 * Builds all artifacts.
 * @returns the images in Skaffold's order
 * @throws OpError (input, tool) with the output of Skaffold and of the builder that failed
 */
export async function runBuild(
  context: Context,
  project: Project,
  options: SkaffoldBuild,
): Promise<readonly BuiltImage[]> {
  const flags = [`--push=${options.push}`, ...(options.cache ? [] : ['--cache-artifacts=false'])];
  return fileOutput(context, project, options.repository, flags, options.onLine);
}

/** The images that a build would produce, with their tags. Nothing is built. Skaffold is asked unless skaffold.yaml is plain. */
export async function dryRun(
  context: Context,
  project: Project,
  repository: string | undefined,
): Promise<readonly BuiltImage[]> {
  const plain = await readPlain(context, project);
  const named = plain && (await plainNames(context, project, plain, repository));
  return named ?? askSkaffold(context, project, repository);
}

/**
 * The same, always from Skaffold.
 * @throws OpError (input) also where inputDigest cannot be computed: Skaffold would push the image as latest, without its reason. Other tag
 * policies that fail are a warning: people use such a file with Skaffold, and mean latest.
 */
export async function askSkaffold(
  context: Context,
  project: Project,
  repository: string | undefined,
): Promise<readonly BuiltImage[]> {
  let isWithoutTag = false;
  const images = await fileOutput(context, project, repository, ['--dry-run'], (line) => {
    context.log.debug(line);
    isWithoutTag ||= line.startsWith('Some taggers failed');
  });
  if (isWithoutTag) await refuseWithoutTag(context, project, repository);
  return images;
}

/** Source of the messages: Skaffold, imageTags (pkg/skaffold/runner/build.go), which goes on with the tag latest. */
async function refuseWithoutTag(context: Context, project: Project, repository: string | undefined): Promise<void> {
  const flags = ['--dry-run', '--verbosity=debug', ...buildFlags(project, repository)];
  const { stderr } = await run(context, skaffoldCommand(project, ['build'], flags));
  const failures = [...stderr.matchAll(/ msg=("generating tag: (?:[^"\\]|\\.)*") subtask=(\S+)/gu)].map(
    ([, quoted = '', image = '']) => ({ image, why: reasonIn(quoted) }),
  );
  const why = failures.map(({ image, why }) => `${image}: ${oneLine(why, 300)}`);
  const { configs } = await readWithSkaffold(context, project);
  if (!configs.some(({ build }) => JSON.stringify(build.tagPolicy ?? {}).includes('"inputDigest"'))) {
    context.log.warn(`${project.file}: Skaffold tags images latest: ${why.join('; ') || 'its tag policy failed'}`);
    return;
  }
  throw inputError({
    what: `Skaffold gives ${failures.map(({ image }) => image).join(', ') || 'some images'} of ${project.file} no tag, and would push latest`,
    why: why.join('\n') || 'its tag policy failed',
    hint: 'correct what the tag policy needs, or choose another one: build.tagPolicy; op --debug shows what Skaffold says',
  });
}

/** The text that Go has quoted. */
const reasonIn = (quoted: string): string => (parseJson(v.string(), quoted) ?? quoted).replace('generating tag: ', '');

async function fileOutput(
  context: Context,
  project: Project,
  repository: string | undefined,
  flags: readonly string[],
  onLine: (line: string) => void,
): Promise<readonly BuiltImage[]> {
  await using directory = await makePrivateDirectory(context, 'skaffold');
  const file = join(directory.path, 'builds.json');
  const command = skaffoldCommand(
    project,
    ['build'],
    [`--file-output=${file}`, ...flags, ...buildFlags(project, repository)],
  );
  const lines: string[] = [];
  const watched: Command = {
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
  const ended = await run(context, watched);
  const content = await readFile(file, 'utf8').catch(() => '');
  // Skaffold exits with 0 even when a signal stopped it: only the file tells that images were built.
  if (ended.ended === 'ok' && content.trim() !== '' && !content.includes('"builds":null')) {
    return parseBuildResult("Skaffold's --file-output", content).images;
  }
  if (ended.ended === 'ok') throw nothingBuilt(project.file);
  throw explainFailure(project.file, command, ended, lines);
}

/** Enough to explain a failure: the last lines, and of earlier ones only those where an image starts or ends. */
const linesKept = 10_000;
const isAboutImage = (line: string) => /^Build(?:ing)? \[/u.test(line);

/** Skaffold always asks a Docker daemon for images to reuse, even when no builder needs one; a daemon reports each layer. */
const isNoise = (line: string) => line.includes('failed to list images:') || /^[0-9a-f]{12}: /u.test(line);

const nothingBuilt = (file: string) =>
  toolError({
    what: `Skaffold built nothing from ${file}`,
    why: 'it exited with code 0 without listing an image: something stopped it',
    hint: 'look at its last lines above, and run the same command again',
  });
