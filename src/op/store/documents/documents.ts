import type { Body } from './body.js';

/** One thing that op remembers. */
export interface Document {
  /** Such as `environments/dev`; see `checkPath`. */
  readonly path: string;
  readonly body: Body;
  /**
   * Changes whenever the document does; compare it, and read nothing into it. In a branch it may come back, when the document is again
   * what it was.
   */
  readonly revision: string;
}

/** Documents by path, and locks. All methods check the path (OpError, input), and end with the signal's reason when op is told to stop. */
export interface Documents {
  /** For messages: `the directory /var/lib/shop`, `namespace shop`. */
  readonly place: string;
  readonly get: (path: string) => Promise<Document | undefined>;
  /** The documents below a prefix, sorted by path; `''` for all. */
  readonly list: (prefix: string) => Promise<readonly Document[]>;
  /** `conflict`: there is one already. */
  readonly create: (path: string, body: Body) => Promise<Document | 'conflict'>;
  /** `conflict`: it was changed or removed since this revision. */
  readonly replace: (read: Pick<Document, 'path' | 'revision'>, body: Body) => Promise<Document | 'conflict'>;
  /** `conflict`: it was changed or removed since this revision. */
  readonly remove: (read: Pick<Document, 'path' | 'revision'>) => Promise<'removed' | 'conflict'>;
}
