/** Where a step may write: everything else of its root filesystem is read-only. */
const writable = { home: '/home/op', tmp: '/tmp' };

/**
 * What every step of the catalog has: Pod Security `restricted`, a read-only root filesystem, and memory-free places for HOME and
 * temporary files. There is no `env`: Kubernetes would expand `$(NAME)` in the arguments from it (docs/decisions/0001).
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
    { name: 'home', emptyDir: {} },
    { name: 'tmp', emptyDir: {} },
  ],
} as const;

/** The directory where a pod finds its token, as every Kubernetes client expects it. */
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * A short-lived token for the Kubernetes API, for the one step that mounts it. The ServiceAccounts of the catalog mount none by themselves.
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
