import { expect, test } from 'vitest';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { atCluster, errorAtCluster } from './cluster.js';

const pp = { kubeconfig: '/kube/pp.yaml', context: 'pp' };

test.each([
  [
    'kubectl get pods --namespace=shop',
    pp,
    'kubectl --kubeconfig=/kube/pp.yaml --context=pp get pods --namespace=shop',
  ],
  [
    'look: kubectl logs a, or kubectl describe pod/a',
    { context: 'pp' },
    'look: kubectl --context=pp logs a, or kubectl --context=pp describe pod/a',
  ],
  ['helm status shop', pp, 'helm --kubeconfig=/kube/pp.yaml --kube-context=pp status shop'],
  ['kubectl get pods', {}, 'kubectl get pods'],
  ['name a kubeconfig that kubectl can read', pp, 'name a kubeconfig that kubectl can read'],
  ['kubectl config get-contexts --output=name', pp, 'kubectl config get-contexts --output=name'],
])('%s', (text, cluster, typed) => {
  expect(atCluster(text, cluster)).toBe(typed);
});

test('an error keeps its kind and reason, and its commands name the cluster', () => {
  const error = inputError({
    what: 'it is suspended',
    why: 'someone suspended it',
    hint: 'kubectl patch a',
    cause: pp,
  });
  const found = errorAtCluster(error, { context: 'pp' });
  expect(found).toBeInstanceOf(OpError);
  expect(found).toMatchObject({
    ...error,
    message: 'it is suspended',
    hint: 'kubectl --context=pp patch a',
    cause: pp,
  });
});
