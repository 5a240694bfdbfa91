import * as v from 'valibot';
import { inputError } from '../../kit/errors/op-error.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { formatReference, parseReference } from '../../systems/registry/reference.js';
import type { BuildResult, BuiltImage } from './build-result.js';

const notAResult = 'must be an object with a list "builds"';
const text = v.pipe(v.string('must be a string'), v.trim(), v.nonEmpty('must not be empty'));
const object = v.looseObject(
  { imageName: v.optional(v.string('must be a string')), tag: text },
  'must be an object with a "tag", or a string',
);
const entry = v.union([text, object], 'must be an object with a "tag", or a string');
const file = v.looseObject(
  { builds: v.pipe(v.array(entry, 'must be a list'), v.nonEmpty('lists no image: nothing was built')) },
  notAResult,
);
/** The form of the first versions: one image at the top level. */
const single = v.looseObject({ image: text, tag: text });

/**
 * Names of images in skaffold.yaml, also with a registry, a tag, or `ko://`. Code of the repository may write a build result, and names are
 * printed and compared: one with a space or a line break could look like another line of the log.
 */
const nameForm = /^\w[\w./:@-]{0,254}$/u;

type Entry = v.InferOutput<typeof entry>;

/**
 * Parses the text of a build result. It accepts Skaffold's own form, and the forms of earlier versions: entries without `imageName`,
 * entries that are just a reference, a tag without the image's name, one `image` and `tag` at the top level, repeated entries.
 * @throws OpError (input) that names the file and the location in it, also for a name that no artifact can have
 */
export function parseBuildResult(path: string, content: string): BuildResult {
  const json = v.safeParse(jsonOf(v.unknown()), content);
  if (!json.success) throw malformed(path, json.issues[0].message);
  const old = v.safeParse(single, json.output);
  const read = v.safeParse(
    file,
    old.success ? { builds: [{ imageName: old.output.image, tag: old.output.tag }] } : json.output,
  );
  if (!read.success) throw malformed(path, [...new Set(read.issues.map(describe))].join('; '));
  const images = read.output.builds.map((item, index) => toImage(path, item, index));
  return { path, images: withoutRepeats(images) };
}

/** `builds[1].tag must be a string`; a missing list is a problem of the whole file. */
function describe(issue: v.BaseIssue<unknown>): string {
  const location = (issue.path ?? [])
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('');
  return `${issue.message === notAResult ? 'it' : location.slice(1)} ${issue.message}`;
}

function toImage(path: string, item: Entry, index: number): BuiltImage {
  const { imageName = '', tag } = typeof item === 'string' ? { tag: item } : item;
  if (imageName !== '' && !nameForm.test(imageName)) {
    const allowed =
      'letters, digits, "_", ".", "/", ":", "@" and "-", 255 at most, and starts with a letter, a digit or "_"';
    throw malformed(
      path,
      `builds[${index}].imageName "${oneLine(imageName)}" is not the name of an image: a name has ${allowed}`,
    );
  }
  // The first versions wrote just the tag.
  const whole = imageName !== '' && !/[/:@]/u.test(tag) ? `${imageName}:${tag}` : tag;
  const reference = parseReference(whole);
  if ('problem' in reference)
    throw malformed(path, `builds[${index}] "${oneLine(whole, 300)}" is not an image: ${reference.problem}`);
  return { imageName: imageName === '' ? (reference.path.split('/').at(-1) ?? '') : imageName, reference };
}

/** Tools that merge build results repeat entries; the same image under the same name is one image. */
function withoutRepeats(images: readonly BuiltImage[]): readonly BuiltImage[] {
  const seen = new Map(images.map((image) => [`${image.imageName} ${formatReference(image.reference)}`, image]));
  return [...seen.values()];
}

const malformed = (path: string, why: string) =>
  inputError({ what: `${path} is not a build result`, why, hint: 'run op push again: it rewrites the file' });

/**
 * The text of a build result, as Skaffold writes it: one line,
 * `{"builds":[{"imageName":"app","tag":"registry/app:tag@sha256:…"}]}`.
 */
export function formatBuildResult(images: readonly BuiltImage[]): string {
  const builds = images.map(({ imageName, reference }) => ({ imageName, tag: formatReference(reference) }));
  return `${JSON.stringify({ builds })}\n`;
}
