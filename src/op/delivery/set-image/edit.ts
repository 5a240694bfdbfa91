import { inputError } from '../../kit/errors/op-error.js';
import type { Change } from './change.js';
import { type DeliveredImage, partOf } from './images.js';
import { setKustomizeImage } from './kustomization.js';
import type { Field } from './request.js';
import { parseFile, type YamlFile } from './yaml/documents.js';
import { formatPath, type YamlPath } from './yaml/path.js';
import { setValues } from './yaml/set-value.js';

/** What is to be written. */
export interface Wanted {
  readonly fields: readonly Field[];
  readonly kustomizations: readonly string[];
  readonly images: readonly DeliveredImage[];
}

/** The files of one commit after the change. */
export interface Edited {
  /** By path, only those that are different. */
  readonly contents: ReadonlyMap<string, string>;
  readonly changes: readonly (Change & { readonly file: string })[];
}

/**
 * Writes the images into the files of one commit.
 * @param read gives the text of a file
 * @throws OpError (input) when a file or a path is not there, or cannot be changed
 */
export async function editFiles(wanted: Wanted, read: (path: string) => Promise<string>): Promise<Edited> {
  const contents = new Map<string, string>();
  const changes: (Change & { readonly file: string })[] = [];
  const files = new Set([...wanted.fields.map(({ file }) => file), ...wanted.kustomizations]);
  for (const file of files) {
    const original = await read(file);
    const edited = editFile(wanted, parseFile(file, original));
    if (edited.file.text !== original) contents.set(file, edited.file.text);
    changes.push(...edited.changes.map((change) => ({ file, ...change })));
  }
  return { contents, changes };
}

function editFile({ fields, kustomizations, images }: Wanted, file: YamlFile) {
  const settings = fields
    .filter((field) => field.file === file.name)
    .map(({ path, image, value }) => ({ path, value: partOf(imageOf(images, image), value) }));
  const set = setValues(file, settings);
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
    why: `the manifests of the environment want it, and it has ${images.map(({ imageName }) => imageName).join(', ')}`,
    hint: 'use the names of skaffold.yaml in set, or name the images that are delivered with --image-name',
  });
}
