import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { bytes, countOf } from '../../kit/log/format.js';
import { oneLine, printable } from '../../kit/log/printable.js';
import { type Ended, run } from '../../kit/process/run.js';
import { FailedWithOutputs } from '../../kit/results/results.js';
import { mustConvert } from '../image-set/convert-file.js';
import { readInput } from '../import/files.js';
import { warnOf } from '../import/say.js';
import { archivesIn, bringBack, type SetAside, setAside, writingBegins, writingEnded } from './archives.js';
import { baselineText } from './baseline.js';
import { argumentsOf, type Checked, checkRequest, workingDirectory } from './command-line.js';
import { holdDirectory } from './hold-directory.js';
import type { OcMirrorRequest } from './options.js';
import { copiedOf, countsText, failingOf, listen, type Said, sentencesOf } from './outcome.js';

/** What a run gives: `--result NAME=PATH`. */
export interface OcMirrorOutputs extends Readonly<Record<string, string>> {
  readonly MIRRORED: string;
  readonly FAILING: string;
  readonly SUMMARY: string;
}

/**
 * `op mirror oc-mirror`: runs oc-mirror v2 with a command line that it takes, alone with its cache; keeps the archives that it would
 * delete, and says what its exit code and its log mean.
 * @throws OpError (usage, input), (refused, deadline) while another run uses the cache, (tool); FailedWithOutputs when images failed
 */
export async function ocMirror(outer: Context, request: OcMirrorRequest): Promise<OcMirrorOutputs> {
  const checked = checkRequest(outer.cwd, request);
  if (checked.workflow === 'from-disk') await needArchives(outer, checked);
  const converted = mustConvert(request.imageSet, await readInput(outer, request.imageSet));
  warnOf(outer, request.imageSet, converted.warnings);
  await using cache = await holdDirectory(outer, checked.cache, 'cache', request.wait);
  await using place = await holdDirectory(cache.context, checked.directory, 'directory', request.wait);
  const context = { ...outer, signal: place.context.signal };
  const config = join(checked.directory, 'imageset.yaml');
  await writeAtomic(config, converted.text);
  const outputs = await mirrorOnce(context, request, checked, config);
  place.succeeded();
  cache.succeeded();
  return outputs;
}

async function mirrorOnce(
  context: Context,
  request: OcMirrorRequest,
  checked: Checked,
  config: string,
): Promise<OcMirrorOutputs> {
  const { workflow, directory } = checked;
  const writes = workflow === 'to-disk';
  context.log.step(firstLine(context, request, checked));
  const aside = writes ? await setAside(directory) : undefined;
  if (aside !== undefined && !request.dryRun) context.log.step(asideLine(context, aside));
  if (writes) {
    context.log.step(`baseline: ${await baselineText(workingDirectory(checked), checked.since)}`);
    if (!request.dryRun) await writingBegins(directory);
  }
  const began = Date.now();
  const heard = listen();
  const command = {
    program: request.program,
    args: argumentsOf(request, checked, { config, port: await freePort() }),
    // It takes either this or --cache-dir, and refuses both.
    env: { OC_MIRROR_CACHE: undefined },
    keepOutput: false,
    onLine: (line: string) => {
      heard.line(line);
      context.log.step(printable(line));
    },
  };
  let ended: Ended;
  try {
    ended = await run(context, command);
  } finally {
    if (aside !== undefined && request.dryRun) await bringBack(aside, directory);
  }
  const said = heard.said();
  const failing = failingOf(said);
  const what = `oc-mirror did not ${request.dryRun ? 'list' : 'copy'} everything`;
  if (ended.ended === 'missing') {
    if (aside !== undefined && !request.dryRun) await bringBack(aside, directory);
    await writingEnded(directory);
    throw missing(request.program);
  }
  if (ended.exitCode === 0 && failing === 0) {
    const outputs = outputsOf(said, await doneLine(context, request, checked, said));
    if (writes) await writingEnded(directory);
    context.log.step(outputs.SUMMARY);
    return outputs;
  }
  const left = writes && !request.dryRun ? await setAside(directory, true) : undefined;
  if (writes) await writingEnded(directory);
  if (left !== undefined) context.log.warn(`what was written of the archives is no use: ${left.archives.directory}`);
  const why = await reasons(context, checked, { ended, said, failing, began });
  const hint = hintFor(ended.exitCode, writes);
  const failure: OpError = toolError({ what, why, hint });
  throw new FailedWithOutputs(outputsOf(said, `oc-mirror: ${countsText(said) || 'nothing copied'}`), failure);
}

async function needArchives({ cwd }: Context, { directory }: Checked): Promise<void> {
  const { names } = await archivesIn(directory);
  if (names.length > 0) return;
  throw inputError({
    what: `${shownPath(cwd, directory)} has no archives of oc-mirror`,
    why: 'it has no mirror_*.tar',
    hint: 'name the directory that to-disk wrote, or one below its archives for an earlier run, with --directory',
  });
}

const missing = (program: string): OpError =>
  toolError({
    what: 'cannot run oc-mirror',
    why: `the program ${oneLine(program)} is not installed or not on PATH`,
    hint: 'install oc-mirror 4.18 or newer, or name it with --program',
  });

function firstLine({ cwd }: Context, { to, dryRun }: OcMirrorRequest, { workflow, directory, cache }: Checked): string {
  const place = shownPath(cwd, directory);
  const way = { direct: `to ${to}`, 'to-disk': `to ${place}`, 'from-disk': `from ${place} to ${to}` }[workflow];
  return `${dryRun ? 'list what oc-mirror would copy' : 'oc-mirror'} ${way}, with the cache ${shownPath(cwd, cache)}`;
}

const asideLine = ({ cwd }: Context, { archives, isPartial }: SetAside): string =>
  `${isPartial ? 'archives of a run that was stopped' : 'the archives of the run before'} are kept in ${shownPath(cwd, archives.directory)}`;

async function doneLine({ cwd }: Context, { dryRun }: OcMirrorRequest, checked: Checked, said: Said): Promise<string> {
  const { workflow, directory } = checked;
  if (dryRun) {
    const file = join(workingDirectory(checked), 'dry-run', 'mapping.txt');
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    return `oc-mirror: a dry run; ${countOf(lines.length, 'image')} in ${shownPath(cwd, file)}`;
  }
  const counts = countsText(said) || 'everything copied; this version does not count';
  if (workflow !== 'to-disk') return `oc-mirror: ${counts}`;
  const archives = await archivesIn(directory);
  const written = `${countOf(archives.names.length, 'archive')}, ${bytes(archives.bytes)}`;
  return `oc-mirror: ${counts}; ${written} in ${shownPath(cwd, directory)}`;
}

const outputsOf = (said: Said, summary: string): OcMirrorOutputs => ({
  MIRRORED: `${copiedOf(said)}`,
  FAILING: `${failingOf(said)}`,
  SUMMARY: summary,
});

interface Failed {
  readonly ended: Ended;
  readonly said: Said;
  readonly failing: number;
  readonly began: number;
}

/** What the exit code, the log and the list of errors say. */
async function reasons({ cwd }: Context, checked: Checked, { ended, said, failing, began }: Failed): Promise<string> {
  const sentences = sentencesOf(ended.exitCode);
  const list = await errorList(join(workingDirectory(checked), 'logs'), began);
  return [
    ...(sentences.length > 0 ? sentences : [`it ended with exit code 0, although ${countOf(failing, 'image')} failed`]),
    ...(said.counts.length > 0 ? [countsText(said)] : []),
    ...said.errors.map((error) => oneLine(error, 300)),
    ...(list === undefined ? [] : [`all errors: ${shownPath(cwd, list)}`]),
  ].join('\n');
}

function hintFor(exitCode: number | undefined, writes: boolean): string {
  const again = 'run the same command again: what is in the cache is not downloaded again';
  if (exitCode === 1) return 'look at the last lines of its log, above';
  return writes ? `${again}; oc-mirror writes archives only when nothing fails` : again;
}

/** The file with all errors that oc-mirror has written since then. Source: oc-mirror, `saveErrors`. */
async function errorList(logs: string, since: number): Promise<string | undefined> {
  const names = await readdir(logs).catch(() => []);
  const last = names
    .filter((name) => name.startsWith('mirroring_errors_'))
    .toSorted()
    .at(-1);
  if (last === undefined) return undefined;
  const path = resolve(logs, last);
  const { mtimeMs } = await stat(path);
  return mtimeMs >= since - 1000 ? path : undefined;
}

/** oc-mirror serves its cache on a port of this machine, and ends when another program has it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 55000;
}
