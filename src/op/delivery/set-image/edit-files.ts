import { inputError } from '../../kit/errors/op-error.js';
import { type DeliveredImage, partOfReference } from './images.js';
import { type Change, setKustomizeImage } from './kustomization.js';
import { checkReplaced } from './replaced-value.js';
import type { Field } from './request.js';
import { checkUsed } from './used-images.js';
import { parseFile, type YamlFile } from './yaml/documents.js';
import { formatPath, type YamlPath } from './yaml/path.js';
import { setValues } from './yaml/set-value.js';

/** Which images go into which fields and kustomizations. */
export interface ImageEdits {
  readonly fields: readonly Field[];
  readonly kustomizations: readonly string[];
  readonly images: readonly DeliveredImage[];
}

/** The files of a commit after the change. */
export interface Edited {
  /** By path; changed files only. */
  readonly contents: ReadonlyMap<string, string>;
  readonly changes: readonly (Change & { readonly file: string })[];
}

/**
 * Sets the images in the files of a commit.
 * @param read reads a file
 * @throws OpError (input) when a file or a path does not exist or cannot be changed
 */
export async function editFiles(edits: ImageEdits, read: (path: string) => Promise<string>): Promise<Edited> {
  const contents = new Map<string, string>();
  const changes: (Change & { readonly file: string })[] = [];
  const files = new Set([...edits.fields.map(({ file }) => file), ...edits.kustomizations]);
  for (const file of files) {
    const original = await read(file);
    const edited = editFile(edits, parseFile(file, original));
    if (edited.file.text !== original) contents.set(file, edited.file.text);
    changes.push(...edited.changes.map((change) => ({ file, ...change })));
    if (edits.kustomizations.includes(file)) await checkUsed(file, edited.file.text, edits.images, read);
  }
  return { contents, changes };
}

function editFile({ fields, kustomizations, images }: ImageEdits, file: YamlFile) {
  const settings = fields
    .filter((field) => field.file === file.name)
    .map(({ path, image, value }) => ({ path, value: partOfReference(imageOf(images, image), value) }));
  const set = setValues(file, settings);
  for (const [at, before] of set.before.entries()) {
    const field = fields.filter((one) => one.file === file.name)[at];
    if (field !== undefined && before !== undefined) {
      checkReplaced(before, imageOf(images, field.image), field.value, `${formatPlace(field.path)} of ${file.name}`);
    }
  }
  const changes: Change[] = set.before.flatMap((before, at) => {
    const setting = settings[at];
    return before === undefined || setting === undefined
      ? []
      : [{ place: formatPlace(setting.path), before, after: setting.value }];
  });
  let now = set.file;
  for (const image of kustomizations.includes(file.name) ? images : []) {
    const changed = setKustomizeImage(now, image);
    now = changed.file;
    changes.push(...changed.changes);
  }
  return { file: now, changes };
}

const formatPlace = ({ document, keys }: YamlPath) =>
  `${document === undefined ? '' : `${document}#`}${formatPath(keys)}`;

function imageOf(images: readonly DeliveredImage[], name: string): DeliveredImage {
  const found = images.find(({ imageName }) => imageName === name);
  if (found !== undefined) return found;
  throw inputError({
    what: `the build result has no image "${name}"`,
    why: `the manifests of the environment need it; the build result has ${images.map(({ imageName }) => imageName).join(', ')}`,
    hint: 'use the image names of skaffold.yaml in set, or name the images to deliver with --image-name',
  });
}
