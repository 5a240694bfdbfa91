import { containersOf, type PlacedContainer, pipelinesOf } from '../containers.js';
import type { Rule } from '../document.js';
import type { Param } from '../objects.js';

/** The one image that the lock file allows: `NAME:TAG` and its digest. */
export interface ImageLock {
  readonly image: string;
  readonly digest: string;
}

const pinned = /^[^\s@$]+:[\w][\w.-]*@sha256:[0-9a-f]{64}$/u;

/**
 * Catalog rule 4: every image is `tag@sha256` from the lock file, and none comes from a param, except for a CNB builder: the sidecar
 * `builder` may run the param `builder`, whose default, if it has one, is the image of the lock file.
 */
export const lockedImages = ({ image, digest }: ImageLock): Rule => {
  const locked = `${image}@${digest}`;
  const problem = (used: string) => {
    if (used.includes('$(')) return `the image comes from a reference: ${used}`;
    if (!pinned.test(used)) return `the image is not tag@sha256: "${used}"`;
    return used === locked ? undefined : `${used} is not in the lock file`;
  };
  return (documents) => [
    ...containersOf(documents).flatMap((placed) => {
      const builds = isBuilder(placed);
      const found = builds ? builderDefault(placed.task.params) : [placed.container.image ?? ''];
      return found.flatMap((used) => {
        const message = problem(used);
        if (message === undefined) return [];
        return [{ where: placed.where, message: builds ? `by default, ${message}` : message }];
      });
    }),
    ...pipelinesOf(documents).flatMap(({ where, spec }) =>
      builderDefault(spec.params).flatMap((used) => {
        const message = problem(used);
        return message === undefined ? [] : [{ where: `${where} > params builder`, message }];
      }),
    ),
  ];
};

const isBuilder = ({ kind, container }: PlacedContainer) =>
  kind === 'sidecar' && container.name === 'builder' && container.image === '$(params.builder)';

const builderDefault = (params: readonly Param[] = []) =>
  params.flatMap(({ name, default: value }) => (name === 'builder' && value !== undefined ? [String(value)] : []));
