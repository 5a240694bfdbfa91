import { inputError } from '../../kit/errors/op-error.js';
import { inLine } from '../../kit/log/printable.js';
import type { ConfigMap } from '../../store/documents/config-maps.js';
import { parseReference, repositoryOf } from '../../systems/registry/reference.js';

/** The image that a workload runs. */
export interface WorkloadImage {
  /** `REPOSITORY@sha256:…`, whatever its tag names by now. */
  readonly reference: string;
  readonly gitRevision: string;
}

/** The image of a ConfigMap with image info. @throws OpError (input) when it does not name one by digest */
export function imageOf({ name, data }: ConfigMap, namespace: string): WorkloadImage {
  const { 'image-url': url = '', 'image-digest': digest = '', 'git-revision': gitRevision = '' } = data;
  const read = parseReference(`${url.split('@')[0]}@${digest}`);
  const problem = 'problem' in read ? read.problem : read.registry === undefined ? 'it has no registry' : undefined;
  if (problem === undefined && !('problem' in read)) {
    return { reference: `${repositoryOf(read)}@${digest}`, gitRevision: inLine(gitRevision) };
  }
  throw inputError({
    what: `ConfigMap ${name} in namespace ${namespace} does not say which image to run`,
    why: `image-url "${inLine(url)}" with image-digest "${inLine(digest)}": ${problem}`,
    hint: 'run the Pipeline mirror-build, which writes it',
  });
}
