/** Where a step can write: the rest of its root filesystem is read-only. */
const writable = { home: '/home/op', tmp: '/tmp' };

/**
 * The base of every step of the catalog: Pod Security `restricted`, a read-only root filesystem, and volumes on disk for HOME and
 * temporary files, with limits so that a build cannot fill the disk of its node: enough for the caches of Go and npm, and for the layers
 * of an image. It has no `env`: Kubernetes would expand `$(NAME)` in arguments from it (docs/decisions/0001).
 */
export const restricted = {
  stepTemplate: {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [
      { name: 'home', mountPath: writable.home },
      { name: 'tmp', mountPath: writable.tmp },
    ],
  },
  volumes: [
    { name: 'home', emptyDir: { sizeLimit: '8Gi' } },
    { name: 'tmp', emptyDir: { sizeLimit: '8Gi' } },
  ],
} as const;

/** The directory where every Kubernetes client expects the pod's token. */
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * A short-lived token for the Kubernetes API, for the one step that mounts it. The ServiceAccounts of the catalog do not mount tokens automatically.
 * Source: the projected volume that the ServiceAccount admission controller would add.
 */
export const apiToken = {
  volume: {
    name: 'api-token',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      ],
    },
  },
  mount: { name: 'api-token', mountPath: tokenPath, readOnly: true },
} as const;
