import { OpError } from '../../kit/errors/op-error.js';
import { type Kind, type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';

/** What is followed: all of a kind in a namespace, or one object. */
export interface Wanted {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name?: string;
  /** What may not be read is as if it were not there. */
  readonly optional?: boolean;
}

/** The states of all that is followed. */
export interface Streams {
  /** What is known of it; undefined until the first answer. */
  readonly read: (wanted: Wanted) => readonly KubeObject[] | undefined;
  /** Why it may not be read, if so. */
  readonly unreadable: (wanted: Wanted) => string | undefined;
  /** Begins to follow what is not followed yet. */
  readonly follow: (wanted: Wanted) => void;
  /** Asks for everything anew, and gives what `read` would give then: no stream is behind another. */
  readonly fresh: () => Promise<Streams['read']>;
}

const keyOf = ({ kind, namespace, name = '' }: Wanted) => `${kind.plural}.${kind.group} ${namespace} ${name}`;

const queryOf = ({ kind, namespace, name }: Wanted) => ({
  namespace,
  ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  // All other events of a namespace are many, and tell nothing that its objects do not.
  ...(kind === kinds.event ? { fieldSelector: 'reason=FailedCreate' } : {}),
});

/**
 * Follows kinds in namespaces, each once. `onChange` is called at each change of any; `onFailure` when one cannot be followed any more.
 */
export function createStreams(
  api: Pick<KubernetesApi, 'serves' | 'follow' | 'list'>,
  onChange: () => void,
  onFailure: (error: unknown) => void,
): Streams {
  const followed = new Map<string, Wanted>();
  const states = new Map<string, readonly KubeObject[]>();
  const unreadable = new Map<string, string>();
  const follow = (wanted: Wanted): void => {
    const key = keyOf(wanted);
    if (followed.has(key)) return;
    followed.set(key, wanted);
    const nothing = () => {
      states.set(key, []);
      onChange();
    };
    const start = async () => {
      if (!(await api.serves(wanted.kind))) return nothing();
      await api.follow(wanted.kind, queryOf(wanted), (objects) => {
        states.set(key, [...objects.values()]);
        onChange();
      });
    };
    start().catch((error: unknown) => {
      if (wanted.optional !== true || states.has(key) || !(error instanceof OpError)) return onFailure(error);
      unreadable.set(key, error.why);
      nothing();
    });
  };
  return {
    follow,
    unreadable: (wanted) => unreadable.get(keyOf(wanted)),
    read: (wanted) => states.get(keyOf(wanted)),
    fresh: async () => {
      const listed = new Map<string, readonly KubeObject[]>();
      await Promise.all(
        [...followed].map(async ([key, wanted]) => {
          const list = async () => ((await api.serves(wanted.kind)) ? api.list(wanted.kind, queryOf(wanted)) : []);
          // One that could be read, and cannot now, is not one that is not there.
          listed.set(key, unreadable.has(key) ? [] : await list());
        }),
      );
      return (wanted) => listed.get(keyOf(wanted));
    },
  };
}
