import type { Api, Call } from './api.js';
import { type Descriptor, digestForm } from './content.js';

export { pathOf } from '../reference.js';

/** One repository of a registry. Names, tags and digests must have been checked. */
export interface Repository {
  readonly api: Api;
  readonly path: string;
}

/** The scope of a request that only reads. */
export const reading = ({ path }: Repository) => [`repository:${path}:pull`];
/** The scope of a request that writes. */
export const writing = ({ path }: Repository) => [`repository:${path}:pull,push`];
/** A repository, or something in it, for messages. */
export const nameOf = ({ api, path }: Repository, reference = '') =>
  `${api.registry}/${path}${reference === '' ? '' : digestForm.test(reference) ? `@${reference}` : `:${reference}`}`;
/** Makes a request below a repository. */
export const call = ({ api, path }: Repository, parts: Omit<Call, 'target'> & { readonly at: string }) => {
  const { at, ...rest } = parts;
  return api.call({ ...rest, target: `/v2/${path}/${at}` });
};

/** Names a blob in a repository. */
export const placeOf = ({ api, path }: Repository, { digest }: Pick<Descriptor, 'digest'>): string =>
  `${api.registry}/${path} ${digest}`;
