import { inputError, refusedError } from '../../kit/errors/op-error.js';
import type { HelmTest, Release } from './release.js';

/** A test of half an upgrade shows nothing. @throws OpError (refused) */
export function checkStatus({ name, namespace, revision, status }: Release): void {
  if (status === 'deployed') return;
  throw refusedError({
    what: `release ${name} in namespace ${namespace} is not tested`,
    why: `its revision ${revision} is ${status}, not deployed`,
    hint: `look at it with: helm history ${name} --namespace ${namespace}, and test it when it is deployed`,
  });
}

/**
 * helm runs the hooks that name no namespace where it keeps the release; Flux may keep it elsewhere than it installs it.
 * @throws OpError (input)
 */
export function checkPlace({ name, namespace }: Release, tests: readonly HelmTest[], storage: string): void {
  const lost = tests.find((test) => test.namespace === '');
  if (namespace === storage || lost === undefined) return;
  throw inputError({
    what: `test ${lost.name} of release ${name} would run in namespace ${storage}`,
    why: `the release is in namespace ${namespace} and kept in ${storage}, and helm runs a test that names no namespace where the release is kept`,
    hint: `set spec.storageNamespace: ${namespace} in the HelmRelease, or write namespace: {{ .Release.Namespace }} into the chart's tests`,
  });
}
