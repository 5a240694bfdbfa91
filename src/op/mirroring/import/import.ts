import type { Context } from '../../context.js';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import { readYamlText, type YamlText } from '../../kit/config/yaml-text.js';
import { inputError, usageError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { destinationProblem } from '../mirror-file/destination.js';
import { parseMirror } from '../mirror-file/read.js';
import { readAdditionalImages } from './additional-images.js';
import { oneFile, readInput, writeResult } from './files.js';
import type { Imported } from './imported.js';
import type { ImportRequest } from './options.js';
import { namedImages, placeProblems } from './places.js';
import { readRegsync } from './regsync.js';
import { problemLines, warnOf } from './say.js';
import { readSkopeoSync } from './skopeo-sync.js';
import { mirrorFileText } from './write-mirror-file.js';

type Tool = 'regsync' | 'skopeo-sync' | 'imageset';
const tools: Readonly<Record<Tool, string>> = {
  regsync: 'regsync',
  'skopeo-sync': 'skopeo sync',
  imageset: 'oc-mirror',
};

/**
 * `op mirror import`: writes a mirror file that copies what another tool's file does.
 * @throws OpError (usage), (input) with every line that a mirror file cannot say the same as
 */
export async function importFile(context: Context, request: ImportRequest, words: readonly string[]): Promise<void> {
  const file = oneFile('op mirror import', words);
  const content = await readInput(context, file);
  const { text, imported, tool } = readImport(file, content, request);
  await writeResult(context, request, text);
  warnOf(context, file, imported.warnings);
  const listed = imported.sources.filter(({ tags }) => tags !== undefined && (tags.regex ?? tags.semver) !== undefined);
  const images = imported.sources.reduce((sum, one) => sum + namedImages(one).length, 0);
  const found = [
    ...(images === 0 ? [] : [countOf(images, 'image')]),
    ...(listed.length === 0 ? [] : [`the tags of ${countOf(listed.length, 'source')}`]),
  ];
  context.log.step(`imported ${found.join(' and ')} from a file of ${tools[tool]}`);
  if (request.output !== undefined) {
    context.log.step(`next: op mirror resolve${request.output === 'mirror.yaml' ? '' : ` --file ${request.output}`}`);
  }
}

/** The same for a text. */
export function readImport(file: string, content: string, request: Pick<ImportRequest, 'from' | 'to' | 'partial'>) {
  const yaml = readYamlText(content);
  if ('problems' in yaml) throw refused(file, yaml.problems, 'correct the file');
  const tool = request.from ?? toolOf(yaml);
  if (tool === undefined) {
    throw inputError({
      what: `cannot tell which tool ${file} is for`,
      why: 'it has no sync (regsync), no registry with images (skopeo sync), and is no ImageSetConfiguration (oc-mirror)',
      hint: 'name the tool with --from, or check the file',
    });
  }
  const read = readerFor(tool, request.to)(yaml);
  if ('problems' in read)
    throw refused(file, read.problems, `check that the file is for ${tools[tool]}; --from names another tool`);
  const imported = complete(file, read, request);
  const { sources, registries, parallel } = imported;
  const to = tool === 'regsync' ? undefined : request.to;
  const text = mirrorFileText({ file, to, parallel, registries, sources });
  // Whatever was not noticed above is noticed here, not on the day when it should run.
  parseMirror(`what ${file} becomes`, text, '/');
  return { text, imported, tool };
}

/** Recognises a file by its content. */
function toolOf({ value }: YamlText): Tool | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const has = (key: string) => entries.some(([name]) => name === key);
  if (has('mirror') || entries.some(([key, one]) => key === 'kind' && /ImageSetConfiguration$/u.test(String(one))))
    return 'imageset';
  if (has('sync')) return 'regsync';
  const isRegistry = (one: unknown) =>
    typeof one === 'object' && one !== null && Object.keys(one).some((key) => key.startsWith('images'));
  return entries.some(([, one]) => isRegistry(one)) ? 'skopeo-sync' : undefined;
}

function readerFor(
  tool: Tool,
  to: string | undefined,
): (yaml: YamlText) => Imported | { readonly problems: readonly YamlProblem[] } {
  if (tool === 'regsync') {
    if (to === undefined) return readRegsync;
    throw usageError({
      what: '--to is not for a file of regsync',
      why: 'its steps have targets',
      hint: 'leave --to out',
    });
  }
  const problem = to === undefined ? 'is missing' : destinationProblem(to);
  if (to === undefined || problem !== undefined) {
    throw usageError({
      what: `--to ${problem}`,
      why: `a file of ${tools[tool]} does not say where the images go`,
      hint: 'add, for example, --to=registry.example.com/mirror/{path}',
    });
  }
  return tool === 'imageset' ? (yaml) => readAdditionalImages(yaml, to) : readSkopeoSync;
}

/** @throws OpError (input) for what cannot be taken over, unless the person wants the rest */
function complete(file: string, read: Imported, { to, partial }: Pick<ImportRequest, 'to' | 'partial'>) {
  const problems = inOrder([...(read.settings ?? []), ...read.entries.flatMap(({ refused }) => refused)]);
  if (problems.length > 0 && !partial) {
    throw refused(
      file,
      problems,
      'change these lines, or leave out what they are about with --partial; docs/mirroring.md has a table',
    );
  }
  const sources = read.entries.filter(({ refused }) => refused.length === 0).flatMap(({ sources }) => sources);
  const collisions = placeProblems(sources, to);
  if (collisions.length > 0) throw refused(file, collisions, 'give each image a place of its own');
  if (sources.length === 0) {
    throw inputError({
      what: `${file} has nothing to import`,
      why: problems.length === 0 ? 'it names no images' : problemLines(file, problems),
      hint: 'check that it is the right file; docs/mirroring.md says what is taken over',
    });
  }
  const warnings = inOrder([
    ...problems.map((one) => ({ ...one, what: `is left out: it ${one.what}` })),
    ...read.entries.filter(({ refused }) => refused.length === 0).flatMap(({ warnings = [] }) => warnings),
    ...read.warnings,
  ]);
  return { ...read, sources, warnings };
}

/** By line, and each once: what defaults say applies to many entries. */
const inOrder = (problems: readonly YamlProblem[]): readonly YamlProblem[] =>
  [...new Map(problems.map((one) => [`${one.line} ${one.path} ${one.what}`, one])).values()].toSorted(
    (one, other) => one.line - other.line,
  );

const refused = (file: string, problems: readonly YamlProblem[], hint: string) =>
  inputError({
    what: `${file} cannot be imported: ${countOf(problems.length, 'problem')}`,
    why: problemLines(file, problems),
    hint,
  });
