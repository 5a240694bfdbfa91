import { expect, it } from 'vitest';
import { knownFailure } from './known-failures.js';

/** Messages of the API server and of kubectl; NAME is what a user chose. Source: Kubernetes 1.28 to 1.34. */
const messages: readonly (readonly [why: string | undefined, message: string])[] = [
  [undefined, 'configmaps "NAME" already exists'],
  [undefined, 'certificates.cert-manager.io "NAME" not found'],
  ['namespace does not exist', 'namespaces "NAME" not found'],
  [
    'being deleted',
    'configmaps "NAME" is forbidden: unable to create new content in namespace NAME because it is being terminated',
  ],
  ['ResourceQuota', 'pods "NAME" is forbidden: exceeded quota: NAME, requested: pods=1, used: pods=1, limited: pods=1'],
  [
    'not trusted',
    'Get "https://NAME:6443/api": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  ['cannot be reached', 'Get "https://NAME:6443/api": dial tcp 10.0.0.1:6443: connect: connection refused'],
  [
    'did not answer',
    'Internal error occurred: failed calling webhook "NAME.example": Post "https://NAME": connection refused',
  ],
  ['no cluster is configured', 'The connection to the server localhost:8080 was refused'],
  ['no cluster is configured', 'error: context "NAME" does not exist'],
];

it.each(['web', 'certificate', 'x509', 'unauthorized', 'quota', 'no-such-host', 'was-refused', 'webhook'])(
  'a message of the API server means the same for an object that is called %s',
  (word) => {
    for (const [why, message] of messages) {
      const text = message.replaceAll('NAME', word);
      expect([text, knownFailure('cannot do it', text, text)?.why.includes(why ?? '') ?? why]).toEqual([
        text,
        why === undefined ? undefined : true,
      ]);
    }
  },
);
