import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { isSameRepository } from '../../systems/registry/same-repository.js';
import type { DeliveredImage } from './images.js';
import { nearest } from './yaml/nearest.js';

type Read = (path: string) => Promise<string>;
type Fields = Readonly<Record<string, unknown>>;

/** What the resources of a kustomization run. */
interface Used {
  /** Names of images without tag and digest, as its `images` match them. */
  readonly names: ReadonlySet<string>;
  /** Everything could be read: no remote base, Helm chart, plugin or template is among them. */
  readonly isWhole: boolean;
}

/** Files that are read for one kustomization. */
const mostFiles = 500;

/**
 * Checks that `images` of a kustomization concerns images that its resources run: kustomize ignores all other entries.
 * @param text of the file with the new values
 * @throws OpError (input) for an image that no resource runs; not when some of them cannot be read
 */
export async function checkUsed(
  file: string,
  text: string,
  images: readonly DeliveredImage[],
  read: Read,
): Promise<void> {
  const { names, isWhole } = await usedBy(file, text, read, { left: mostFiles });
  if (!isWhole) return;
  for (const image of images) {
    const entries = entriesOf(text).filter(({ name, newName }) => isOf(image, name) || isOf(image, newName));
    if (entries.some(({ name }) => names.has(name))) continue;
    const others = [...names].map((name) => oneLine(name, 80));
    throw inputError({
      what: `image "${oneLine(image.imageName)}" of ${file} would change nothing`,
      why:
        others.length === 0
          ? 'none of its resources has containers, and kustomize sets only their images'
          : `kustomize sets images by the name that its resources have, and they have ${nearest(image.imageName, others)}`,
      hint:
        others.length === 0
          ? 'name a kustomization with workloads, or set a path with --set=FILE:PATH=IMAGE:PART'
          : `add an entry with that name and newName: ${image.repositories[0] ?? image.imageName} to its images, or write ${oneLine(image.imageName)} into the resource`,
    });
  }
}

const isOf = ({ imageName, repositories }: DeliveredImage, name: string) =>
  name === imageName || repositories.some((one) => isSameRepository(one, name));

async function usedBy(file: string, text: string, read: Read, budget: { left: number }): Promise<Used> {
  const names = new Set<string>();
  let isWhole = true;
  const add = (used: Used) => {
    for (const name of used.names) names.add(name);
    isWhole &&= used.isWhole;
  };
  for (const kustomization of documentsOf(text)?.filter(isFields) ?? []) {
    // It is for those who include it.
    const all = [kustomization.resources, kustomization.bases, kustomization.components];
    if (kustomization.kind === 'Component' || all.every((list) => listOf(list).length === 0)) isWhole = false;
    // Of what these make, nothing is known; with configurations, kustomize sets other fields, too.
    if (
      ['helmCharts', 'generators', 'transformers', 'configurations', 'helmChartInflationGenerator'].some(
        (key) => key in kustomization,
      )
    ) {
      isWhole = false;
    }
    for (const entry of all.flatMap(listOf)) {
      add(await usedByEntry(file, entry, read, budget));
    }
    for (const patch of [...listOf(kustomization.patches), ...listOf(kustomization.patchesJson6902)]) {
      if (!isFields(patch)) continue;
      add(
        typeof patch.patch === 'string' ? usedInText(patch.patch) : await usedByEntry(file, patch.path, read, budget),
      );
    }
    for (const patch of listOf(kustomization.patchesStrategicMerge)) {
      add(
        typeof patch === 'string' && patch.includes('\n')
          ? usedInText(patch)
          : await usedByEntry(file, patch, read, budget),
      );
    }
  }
  return { names, isWhole };
}

const unknown: Used = { names: new Set(), isWhole: false };

/** A file, or a folder with a kustomization, whose own `images` come first. */
async function usedByEntry(from: string, entry: unknown, read: Read, budget: { left: number }): Promise<Used> {
  if (typeof entry !== 'string' || /:\/\/|^git@|\?|^github\.com\//u.test(entry)) return unknown;
  const path = posix.normalize(posix.join(posix.dirname(from), entry)).replace(/\/$/u, '');
  if (path.startsWith('..') || budget.left-- <= 0) return unknown;
  const text = await read(path).catch(() => undefined);
  if (text !== undefined) return usedInText(text);
  for (const name of ['kustomization.yaml', 'kustomization.yml', 'Kustomization']) {
    const inner = posix.join(path, name);
    const found = await read(inner).catch(() => undefined);
    if (found === undefined) continue;
    const { names, isWhole } = await usedBy(inner, found, read, budget);
    const entries = entriesOf(found);
    const renamed = [...names].map((one) => entries.find(({ name: from }) => from === one)?.newName || one);
    return { names: new Set(renamed), isWhole };
  }
  return unknown;
}

function usedInText(text: string): Used {
  const documents = documentsOf(text);
  if (documents === undefined) return unknown;
  const names = new Set<string>();
  for (const document of documents) collect(document, names);
  return { names, isWhole: true };
}

/** Images of containers, wherever these are, and of JSON patches. Source: kustomize, api/filters/imagetag/legacy.go. */
function collect(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, names);
  if (!isFields(value)) return;
  const { path, value: patched } = value;
  if (typeof path === 'string' && path.endsWith('/image') && typeof patched === 'string') names.add(nameOf(patched));
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'containers' || key === 'initContainers') {
      for (const container of listOf(inner)) {
        if (isFields(container) && typeof container.image === 'string') names.add(nameOf(container.image));
      }
    }
    collect(inner, names);
  }
}

/** Without tag and digest. */
const nameOf = (image: string) => image.replace(/@.*$/u, '').replace(/:[^/:]*$/u, '');

function entriesOf(text: string): readonly { readonly name: string; readonly newName: string }[] {
  return (documentsOf(text) ?? []).filter(isFields).flatMap(({ images }) =>
    listOf(images).flatMap((entry) => {
      if (!isFields(entry) || typeof entry.name !== 'string') return [];
      return [{ name: entry.name, newName: typeof entry.newName === 'string' ? entry.newName : '' }];
    }),
  );
}

/** The documents of a file; undefined if it is not YAML. */
function documentsOf(text: string): readonly unknown[] | undefined {
  const parsed = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: false });
  const all = Array.isArray(parsed) ? parsed : [];
  if (all.some(({ errors }) => errors.length > 0)) return undefined;
  try {
    return all.map((document): unknown => document.toJS({ maxAliasCount: 10_000 }));
  } catch {
    return undefined;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
