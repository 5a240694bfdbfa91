import { inputError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { generateImageSet } from './generate.js';
import { findOperators } from './operators.js';
import type { ImageSetRequest } from './options.js';
import type { Finding, Labelled } from './values.js';

/** The configuration of the clusters of values files. @throws OpError (input) when there is nothing to copy, or what `strict` refuses */
export function imageSetOf(
  labelled: readonly Labelled[],
  {
    strict,
    operatorsOnly,
    openshiftOnly,
    openshiftVersion,
  }: Pick<ImageSetRequest, 'strict' | 'operatorsOnly' | 'openshiftOnly' | 'openshiftVersion'>,
): {
  readonly text: string;
  readonly problems: readonly Finding[];
  readonly summary: string;
  readonly packages: number;
} {
  const found = findOperators(labelled);
  const { operators, versions } = found;
  const unversioned =
    openshiftVersion === undefined
      ? labelled
          .filter(({ isCluster, labels }) => !isCluster && (labels.get('openshift-version')?.text ?? '') === '')
          .map(
            ({ file, line, name }): Finding => ({
              file,
              line,
              path: `${name}.labels`,
              what: 'has no openshift-version: what other sets have counts',
            }),
          )
      : [];
  const problems = [...found.problems, ...unversioned].toSorted((one, other) =>
    one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1,
  );
  if (strict && problems.length > 0) throw refusedValues(problems);
  const nothing = (what: string, hint: string) =>
    inputError({ what, why: problems.length === 0 ? 'no label says so' : problems.map(findingLine).join('\n'), hint });
  if (versions.length === 0 && openshiftVersion === undefined) {
    throw nothing(
      'no OpenShift version is known',
      "add the label openshift-version: 'X.Y.Z' to a cluster set, or give --openshift-version",
    );
  }
  if (operators.length === 0 && (operatorsOnly || (strict && !openshiftOnly))) {
    throw nothing(
      'no operator is on',
      "check that the files are AutoShift's, with labels such as gitops: 'true' and gitops-subscription-name",
    );
  }
  const made = generateImageSet({
    operators,
    versions,
    openshiftVersion,
    withOpenshift: !operatorsOnly,
    withOperators: !openshiftOnly,
  });
  if (made.channels === 0 && made.packages === 0)
    throw nothing('there is nothing to mirror', 'check the labels of the cluster sets');
  const summary = [countOf(made.channels, 'release channel'), countOf(made.packages, 'package')].join(' and ');
  return { text: made.text, problems, summary, packages: made.packages };
}

/** `hub.yaml:12: hubClusterSets.hub.labels.quay has no …` */
export const findingLine = ({ file, line, path, what }: Finding): string =>
  oneLine(`${file}:${line}: ${path === '' ? 'it' : path} ${what}`, 300);

/** Everything that is wrong with values. */
export const refusedValues = (problems: readonly Finding[]) =>
  inputError({
    what: `the values have ${countOf(problems.length, 'problem')}`,
    why: problems.map(findingLine).join('\n'),
    hint: 'correct these lines',
  });
