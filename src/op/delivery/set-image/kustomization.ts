import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Reference, repositoryOf } from '../../systems/registry/reference.js';
import { isSameRepository } from '../../systems/registry/same-repository.js';
import type { DeliveredImage } from './images.js';
import { appendItem, appendKey, appendList, type Entry, fillList } from './yaml/append.js';
import { meaningOf, type Splice, spliceFile, type YamlFile } from './yaml/documents.js';
import { findNode } from './yaml/find.js';
import { setValues } from './yaml/set-value.js';

/** One value that is set. */
export interface Change {
  /** Where in the file, for people. */
  readonly place: string;
  /** Undefined: there was no value. */
  readonly before: string | undefined;
  readonly after: string;
}

/** A file after its changes. */
interface Changed {
  readonly file: YamlFile;
  readonly changes: readonly Change[];
}

/**
 * Sets `newName`, `newTag` and `digest` of every entry of `images:` for the image, found by its name in the build result or by its
 * repository in any environment; adds an entry if none is found. Source: kustomize, api/types/image.go.
 * @throws OpError (input) when the file is not a kustomization
 */
export function setKustomizeImage(file: YamlFile, image: DeliveredImage): Changed {
  const entries = entriesOf(file, image);
  if (entries.length === 0) return addEntry(file, image);
  return entries.reduce<Changed>(
    (before, at) => {
      const after = setEntry(before.file, at, image);
      return { file: after.file, changes: [...before.changes, ...after.changes] };
    },
    { file, changes: [] },
  );
}

/** Positions in `images:` of the entries for the image. */
function entriesOf(file: YamlFile, { imageName, repositories }: DeliveredImage): readonly number[] {
  const names = [imageName, ...repositories];
  const { value } = imagesOf(file);
  if (!isSeq(value)) return [];
  if (value.items.some(isAlias)) throw notAList(file, 'an entry of its images is an alias');
  return value.items.flatMap((item, index) => {
    if (!isMap(item)) return [];
    const own = [item.get('name'), item.get('newName')];
    return own.some((name) => typeof name === 'string' && names.some((known) => isSameRepository(known, name)))
      ? [index]
      : [];
  });
}

function setEntry(file: YamlFile, index: number, image: DeliveredImage): Changed {
  const wanted = fieldsOf(image.reference);
  const entry = findNode(file, { document: documentOf(file), keys: ['images', index] }).node;
  const name = isMap(entry) ? entry.get('name') : undefined;
  if (image.reference.tag === undefined && isMap(entry) && entry.has('newTag')) {
    throw inputError({
      what: `image "${image.imageName}" cannot be set in ${file.name}`,
      why: 'its entry has a newTag, but the image of the build result has only a digest',
      hint: 'remove newTag from the entry, or build the image with a tag',
    });
  }
  let changed: Changed = { file, changes: [] };
  for (const [key, after] of wanted) {
    const place = `images ${oneLine(image.imageName)} ${key}`;
    const path = { document: documentOf(changed.file), keys: ['images', index, key] };
    const map = findNode(changed.file, { ...path, keys: ['images', index] }).node;
    if (!isMap(map)) throw new Error('an entry that was found by name must be a mapping');
    if (map.has(key)) {
      const { file: next, before } = setValues(changed.file, [{ path, value: after }]);
      changed = {
        file: next,
        changes: [
          ...changed.changes,
          ...before.flatMap((old) => (old === undefined ? [] : [{ place, before: old, after }])),
        ],
      };
    } else if (key !== 'newName' || name !== after) {
      const next = add(changed.file, appendKey(changed.file.text, map, [key, after]), (images) =>
        images.with(index, withKey(images[index], key, after)),
      );
      changed = { file: next, changes: [...changed.changes, { place, before: undefined, after }] };
    }
  }
  return changed;
}

function addEntry(file: YamlFile, { imageName, reference }: DeliveredImage): Changed {
  const entries: readonly Entry[] = [['name', imageName], ...fieldsOf(reference)];
  const { map, value } = imagesOf(file);
  const { text } = file;
  const splice =
    value === undefined
      ? appendList(text, map, 'images', entries)
      : isSeq(value)
        ? appendItem(text, value, entries)
        : isScalar(value) && value.value === null
          ? fillList(text, map, value, entries)
          : undefined;
  if (splice === undefined) throw notAList(file, 'its images field is not a list');
  const next = add(file, splice, (images) => [...images, new Map(entries)]);
  const after = fieldsOf(reference)
    .map(([, part]) => part)
    .join(' ');
  return { file: next, changes: [{ place: `images ${oneLine(imageName)}`, before: undefined, after }] };
}

/** Applies a splice after which `images` must be what `change` makes of it. */
function add(file: YamlFile, splice: Splice, change: (images: readonly unknown[]) => readonly unknown[]): YamlFile {
  const document = documentOf(file);
  const meant = meaningOf(file);
  const whole = meant[document];
  if (!(whole instanceof Map)) throw new Error('a kustomization must be a mapping');
  const images: unknown = whole.get('images');
  meant[document] = new Map(whole).set('images', change(Array.isArray(images) ? images : []));
  return spliceFile(file, [splice], meant);
}

const withKey = (entry: unknown, key: string, value: string) =>
  new Map(entry instanceof Map ? entry : []).set(key, value);

const fieldsOf = (reference: Reference): readonly Entry[] => [
  ['newName', repositoryOf(reference)],
  ...(reference.tag === undefined ? [] : [['newTag', reference.tag] as const]),
  ['digest', reference.digest ?? ''],
];

/** The mapping at the top, and its `images`. */
function imagesOf(file: YamlFile) {
  const document = documentOf(file);
  const map = file.documents[document]?.contents;
  if (!isMap(map)) throw new Error('a kustomization must be a mapping');
  // This refuses a value from an alias.
  const value = map.has('images') ? findNode(file, { document, keys: ['images'] }).node : undefined;
  return { map, value };
}

/** The only document with content. */
function documentOf(file: YamlFile): number {
  const full = file.documents.flatMap(({ contents }, index) => (isMap(contents) ? [index] : []));
  const [only] = full;
  if (full.length === 1 && only !== undefined) return only;
  throw inputError({
    what: `${file.name} is not a kustomization`,
    why: full.length === 0 ? 'it is empty or not a mapping' : `it contains ${full.length} documents`,
    hint: 'name a kustomization.yaml; for other files, set a path with --set=FILE:PATH=IMAGE:PART',
  });
}

const notAList = (file: YamlFile, why: string) =>
  inputError({
    what: `op cannot change the kustomization ${file.name}`,
    why,
    hint: 'write images as a list of name, newName, newTag and digest',
  });
