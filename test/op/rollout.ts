import { request } from 'node:https';
import { type Kind, kinds } from '../../src/op/systems/kubernetes/api.js';
import { apiVersionOf, pathOfGroup } from '../../src/op/systems/kubernetes/kind.js';

/** The fields of an object to send. */
export type Sent = Readonly<Record<string, unknown>>;

/** Plays the controllers of a cluster that has none: creates objects, and writes the status that the real controllers write. */
export interface Stage {
  readonly create: (kind: Kind, name: string, body: Sent, metadata?: Sent) => Promise<Made>;
  readonly patch: (kind: Kind, name: string, body: Sent) => Promise<Made>;
  /** Applies an object on the server, as this field manager, which takes all fields. */
  readonly apply: (manager: string, kind: Kind, name: string, spec: Sent, metadata?: Sent) => Promise<Made>;
  readonly status: (kind: Kind, name: string, status: Sent) => Promise<Made>;
  readonly get: (kind: Kind, name: string) => Promise<Made>;
  readonly remove: (kind: Kind, name: string) => Promise<void>;
}

/** The object that the server returns. */
export interface Made {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A stage in one namespace of a server on loopback, as admin. */
export function stageIn(port: number, namespace: string): Stage {
  const send = (method: string, path: string, body?: object, type = 'application/json'): Promise<Made> =>
    new Promise((done, fail) => {
      const headers = { authorization: 'Bearer admin-token', 'content-type': type };
      const sent = request({ host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((answer.statusCode ?? 500) < 300) done(JSON.parse(text));
          else fail(new Error(`${method} ${path}: ${text}`));
        });
      });
      sent.once('error', fail);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const path = (kind: Kind, name = '') => `${pathOfGroup(kind)}/namespaces/${namespace}/${kind.plural}${name}`;
  const merge = 'application/merge-patch+json';
  return {
    create: (kind, name, body, metadata = {}) => send('POST', path(kind), objectOf(kind, name, metadata, body)),
    apply: (manager, kind, name, spec, metadata = {}) => {
      const url = `${path(kind, `/${name}`)}?fieldManager=${manager}&force=true`;
      return send('PATCH', url, objectOf(kind, name, metadata, { spec }), 'application/apply-patch+yaml');
    },
    patch: (kind, name, body) => send('PATCH', path(kind, `/${name}`), body, merge),
    status: (kind, name, status) => send('PATCH', path(kind, `/${name}/status`), { status }, merge),
    get: (kind, name) => send('GET', path(kind, `/${name}`)),
    remove: async (kind, name) => {
      await send('DELETE', `${path(kind, `/${name}`)}?gracePeriodSeconds=0`);
    },
  };
}

const objectOf = (kind: Kind, name: string, metadata: Sent, body: Sent) => ({
  ...{ apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, ...metadata } },
  ...body,
});

/** A pod template with one container. */
export const templateOf = (image: string, labels: Sent = { app: 'web' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }] },
});

/** A Deployment with its ReplicaSet and pods, as the controllers and the kubelet create them. */
export function playDeployment(stage: Stage, name = 'web') {
  const selector = { matchLabels: { app: 'web' } };
  const owned = (kind: string, { metadata: { uid, name } }: Made) => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid, controller: true }],
  });
  return {
    create: (image: string, metadata: Sent = {}, replicas = 2) =>
      stage.create(kinds.deployment, name, { spec: { replicas, selector, template: templateOf(image) } }, metadata),
    replicaSet: async (suffix: string, revision?: number) => {
      const deployment = await stage.get(kinds.deployment, name);
      const labels = { app: 'web', 'pod-template-hash': suffix };
      const spec = {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { ...(deployment.spec.template as Sent), metadata: { labels } },
      };
      return stage.create(
        kinds.replicaSet,
        `${name}-${suffix}`,
        { spec },
        {
          ...{ labels, ...owned('Deployment', deployment) },
          ...(revision === undefined ? {} : { annotations: { 'deployment.kubernetes.io/revision': `${revision}` } }),
        },
      );
    },
    pod: async (of: Made, suffix: string, image: string, more: Sent = {}) => {
      const pod = `${of.metadata.name}-${suffix}`;
      const body = { spec: { containers: [{ name: 'web', image, ...more }] } };
      await stage.create(kinds.pod, pod, body, { labels: { app: 'web' }, ...owned('ReplicaSet', of) });
      return pod;
    },
    running: (pod: string, runs: string) =>
      stage.status(kinds.pod, pod, {
        phase: 'Running',
        containerStatuses: [
          containerStatus(
            `registry.example.com/dev/web@${runs}`,
            { running: { startedAt: new Date().toISOString() } },
            true,
          ),
        ],
      }),
    status: async (status: Sent) => {
      const { metadata } = await stage.get(kinds.deployment, name);
      return stage.status(kinds.deployment, name, { observedGeneration: metadata.generation, ...status });
    },
  };
}

export const containerStatus = (imageID: string, state: Sent, ready: boolean, restartCount = 0) => ({
  name: 'web',
  image: 'registry.example.com/dev/web',
  imageID,
  ready,
  started: ready,
  restartCount,
  state,
});
/** The status of a finished Deployment of two pods. */
export const finished = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
