import type { Readable } from 'node:stream';
import { readBlob } from '../client/blobs.js';
import type { Descriptor } from '../client/content.js';
import type { Repository } from '../client/repository.js';

/** Where a blob comes from. */
export interface BlobSource {
  /** A repository that has it: within its registry it need not be sent. */
  readonly home: Repository | undefined;
  /** The content, which is checked as it is read. @throws RegistryFailure; the stream fails with WrongContent */
  readonly read: (signal: AbortSignal) => Promise<Readable>;
}

/** A blob of a repository. */
export const blobIn = (repository: Repository, blob: Descriptor): BlobSource => ({
  home: repository,
  read: (signal) => readBlob(repository, blob, signal),
});
