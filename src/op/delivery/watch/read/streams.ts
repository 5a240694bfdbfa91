import { OpError } from '../../../kit/errors/op-error.js';
import { type Kind, type KubeObject, type KubernetesApi, kinds } from '../../../systems/kubernetes/api.js';

/** Which objects a stream follows: all of a kind in a namespace, or one of them. */
export interface StreamQuery {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name?: string;
  /** Objects that op is not allowed to read count as missing. */
  readonly optional?: boolean;
}

/** The state of everything that is followed. */
export interface Streams {
  /** The objects of a query; undefined until the first answer. */
  readonly read: (query: StreamQuery) => readonly KubeObject[] | undefined;
  /** Why the objects of a query cannot be read; undefined when they can. */
  readonly unreadable: (query: StreamQuery) => string | undefined;
  /** Starts to follow a query, unless it is followed already. */
  readonly follow: (query: StreamQuery) => void;
  /** Lists everything again, so that no stream lags behind another. Returns a `read` for that moment. */
  readonly relist: () => Promise<Streams['read']>;
}

const keyOf = ({ kind, namespace, name = '' }: StreamQuery) => `${kind.plural}.${kind.group} ${namespace} ${name}`;

const queryOf = ({ kind, namespace, name }: StreamQuery) => ({
  namespace,
  ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  // A namespace has many other events; they add nothing to what its objects say.
  ...(kind === kinds.event ? { fieldSelector: 'reason=FailedCreate' } : {}),
});

/** Follows each query once. `onChange` is called at each change of any of them, `onFailure` when one can no longer be followed. */
export function createStreams(
  api: Pick<KubernetesApi, 'serves' | 'follow' | 'list'>,
  onChange: () => void,
  onFailure: (error: unknown) => void,
): Streams {
  const followed = new Map<string, StreamQuery>();
  const states = new Map<string, readonly KubeObject[]>();
  const unreadable = new Map<string, string>();
  const follow = (query: StreamQuery): void => {
    const key = keyOf(query);
    if (followed.has(key)) return;
    followed.set(key, query);
    const markEmpty = () => {
      states.set(key, []);
      onChange();
    };
    const start = async () => {
      if (!(await api.serves(query.kind))) return markEmpty();
      await api.follow(query.kind, queryOf(query), (objects) => {
        states.set(key, [...objects.values()]);
        onChange();
      });
    };
    start().catch((error: unknown) => {
      if (query.optional !== true || states.has(key) || !(error instanceof OpError)) return onFailure(error);
      unreadable.set(key, error.why);
      markEmpty();
    });
  };
  return {
    follow,
    unreadable: (query) => unreadable.get(keyOf(query)),
    read: (query) => states.get(keyOf(query)),
    relist: async () => {
      const listed = new Map<string, readonly KubeObject[]>();
      await Promise.all(
        [...followed].map(async ([key, query]) => {
          const list = async () => ((await api.serves(query.kind)) ? api.list(query.kind, queryOf(query)) : []);
          // A query that fails now but could be read before does not mean that its objects are missing.
          listed.set(key, unreadable.has(key) ? [] : await list());
        }),
      );
      return (query) => listed.get(keyOf(query));
    },
  };
}
