import { Document, isMap, isScalar, isSeq, type YAMLSeq } from 'yaml';
import { pathOf } from '../../systems/registry/client/repository.js';
import { formatReference, parseReference, registryOf, repositoryOf } from '../../systems/registry/reference.js';
import type { ImportedRegistry, ImportedSource } from './imported.js';

/** What a mirror file is written from. */
export interface NewMirror {
  /** The file that was imported, as it was named. */
  readonly file: string;
  readonly to?: string | undefined;
  readonly parallel?: number | undefined;
  readonly registries: readonly ImportedRegistry[];
  readonly sources: readonly ImportedSource[];
}

/** The text of a mirror file. Each part says in a comment from which line it is. */
export function mirrorFileText({ file, to, parallel, registries, sources }: NewMirror): string {
  const grouped = groupTags(sources);
  const document = new Document({
    version: 1,
    ...(to === undefined ? {} : { defaults: { to } }),
    ...(parallel === undefined ? {} : { run: { parallel } }),
    ...(registries.length === 0 ? {} : { registries: registries.map(({ host, insecure }) => ({ host, insecure })) }),
    sources: grouped.map(({ line: _, itemLines: __, ...source }) => source),
  });
  document.commentBefore = ` From ${file}`;
  commentItems(document.get('registries'), (index) => ` ${file}:${registries[index]?.line}`);
  const list = document.get('sources');
  commentItems(list, (index) => ` ${file}:${grouped[index]?.line}`);
  for (const [index, { itemLines }] of grouped.entries()) {
    if (itemLines === undefined) continue;
    const node = isSeq(list) ? list.items[index] : undefined;
    if (!isMap(node)) continue;
    const named = [node.getIn(['tags', 'exact'], true), node.get('digests', true)].flatMap((one) =>
      isSeq(one) ? one.items : [],
    );
    for (const [place, item] of named.entries()) {
      if (isScalar(item) && itemLines[place] !== undefined) item.comment = ` line ${itemLines[place]}`;
    }
  }
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function commentItems(list: unknown, comment: (index: number) => string): void {
  if (!isSeq(list)) return;
  const sequence: YAMLSeq = list;
  for (const [index, node] of sequence.items.entries()) if (isMap(node)) node.commentBefore = comment(index);
}

/** Single images of one repository that go to one place become one source, at the first of them. */
function groupTags(sources: readonly ImportedSource[]): readonly ImportedSource[] {
  const groups = new Map<string, ImportedSource[]>();
  for (const [index, one] of sources.entries()) {
    const key = groupOf(one) ?? `${index}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group): readonly ImportedSource[] => {
    const images = group.filter(({ from }, index) => group.findIndex((other) => other.from === from) === index);
    const [first, second] = images;
    if (first === undefined) return [];
    const named = parseReference(first.from);
    if (second === undefined || 'problem' in named) return [first];
    const repository = repositoryOf(named);
    const exact = images.map(({ from }) => from.slice(repository.length + 1));
    return [{ ...first, from: repository, tags: { exact }, itemLines: images.map(({ line }) => line) }];
  });
}

/** What images have in common that can be one source; undefined for what is no single image with the tag that it keeps. */
function groupOf({ from, to, tags, digests, platforms, referrers }: ImportedSource): string | undefined {
  const named = parseReference(from);
  if (tags !== undefined || digests !== undefined || 'problem' in named || named.tag === undefined) return undefined;
  const repository = formatReference({ registry: registryOf(named), path: pathOf(named) });
  return JSON.stringify([repository, repositoryOf(named), to, platforms, referrers]);
}
