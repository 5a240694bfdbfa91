import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import { pathOf } from '../../systems/registry/client/repository.js';
import { formatReference, parseReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import { fillDestination } from '../mirror-file/destination.js';
import type { ImportedSource } from './imported.js';

/** The images that a source names one by one, with their lines. */
export function namedImages({ from, tags, digests = [], line, itemLines = [] }: ImportedSource): readonly {
  readonly image: Reference;
  readonly line: number;
}[] {
  const read = parseReference(from);
  if ('problem' in read) return [];
  const base: Reference = { ...read, registry: registryOf(read), path: pathOf(read) };
  if (read.tag !== undefined || read.digest !== undefined) return [{ image: base, line }];
  const byTag = (tags?.exact ?? []).map((text): Reference => {
    const [tag = '', digest] = text.split('@');
    return { ...base, tag, ...(digest === undefined ? {} : { digest }) };
  });
  const images = [...byTag, ...digests.map((digest): Reference => ({ ...base, digest }))];
  return images.map((image, index) => ({ image, line: itemLines[index] ?? line }));
}

/** Destinations that cannot be, and those of two images. */
export function placeProblems(sources: readonly ImportedSource[], to: string | undefined): readonly YamlProblem[] {
  const taken = new Map<string, { readonly source: string; readonly line: number }>();
  return sources.flatMap((one) =>
    namedImages(one).flatMap(({ image, line }): readonly YamlProblem[] => {
      const place = fillDestination(one.to ?? to ?? '', image);
      const source = formatReference(image);
      if ('problem' in place) return [{ line, path: source, what: `has no valid destination: ${place.problem}` }];
      const key = formatReference(place);
      const other = taken.get(key);
      if (other === undefined) taken.set(key, { source, line });
      if (other === undefined || other.source === source) return [];
      return [
        {
          line,
          path: source,
          what: `would be ${key}, and so would ${other.source} of line ${other.line}; leave one out`,
        },
      ];
    }),
  );
}
