import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import { inputError } from '../../kit/errors/op-error.js';
import { parsePrefix } from '../../systems/registry/reference.js';
import { componentKinds, imageParts } from './environment.js';

const name = (what: string) =>
  v.pipe(
    v.string(`must be ${what}`),
    v.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u, `must be ${what}: at most 63 of a-z, 0-9 and "-"`),
  );
/** Names of HelmReleases and workloads may contain dots. */
const objectName = v.pipe(
  v.string('must be a string'),
  v.regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u, 'must be the name of a Kubernetes object'),
);
const text = v.pipe(v.string('must be a string'), v.trim(), v.nonEmpty('must not be empty'));
const repository = v.pipe(
  text,
  v.check((value) => !('problem' in parsePrefix(value)), 'must be HOST[:PORT][/PATH], such as ghcr.io/acme'),
  v.transform((value) => value.replace(/\/+$/u, '')),
);
/** A path that does not leave the repository. */
const file = v.pipe(
  text,
  v.check((value) => !/^\/|(?:^|\/)\.\.(?:\/|$)|[\p{Cc}]/u.test(value), 'must be a path inside the repository'),
);

const field = v.strictObject({ file, path: text, image: text, value: v.optional(v.picklist(imageParts), 'reference') });
const manifests = v.strictObject({
  repository: text,
  branch: v.optional(text, 'main'),
  set: v.optional(v.array(field, 'must be a list'), []),
  kustomizations: v.optional(v.array(file, 'must be a list'), []),
});
const imageNames = v.pipe(v.array(text, 'must be a list'), v.nonEmpty('must name at least one image'));
const environment = v.strictObject({
  name: name('the name of an environment'),
  repository: v.optional(repository),
  images: v.optional(imageNames),
  namespace: v.optional(name('the name of a namespace')),
  component: v.optional(objectName),
  kind: v.optional(v.picklist(componentKinds)),
  kubeconfig: v.optional(text),
  context: v.optional(text),
  releaseNamespace: v.optional(name('the name of a namespace')),
  tests: v.optional(v.picklist(['helm', 'none']), 'helm'),
  manifests: v.optional(manifests),
});
const shape = v.strictObject(
  {
    images: v.optional(imageNames),
    environments: v.pipe(v.array(environment, 'must be a list'), v.nonEmpty('must name at least one environment')),
  },
  'must be an object with the list environments',
);

/** An environment as written in the file. */
export type EnvironmentEntry = v.InferOutput<typeof environment>;

/**
 * Parses the text of an environments file.
 * @throws OpError (input) with every problem and its path
 */
export function parseEnvironments(path: string, content: string): readonly EnvironmentEntry[] {
  const document = parseDocument(content, { lineCounter: new LineCounter() });
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS') throw malformed(path, 'it contains several documents');
  if (error !== undefined) throw malformed(path, error.message.split('\n')[0] ?? '');
  const read = v.safeParse(shape, document.toJS() ?? {});
  if (!read.success) throw malformed(path, read.issues.map(describe).join('; '));
  const { environments, images } = read.output;
  const duplicate = environments.find((one, index) =>
    environments.some((other, at) => at < index && other.name === one.name),
  );
  if (duplicate !== undefined) throw malformed(path, `duplicate environment ${duplicate.name}`);
  return images === undefined ? environments : environments.map((one) => ({ images, ...one }));
}

function describe(issue: v.BaseIssue<unknown>): string {
  const place = (issue.path ?? [])
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('');
  if (issue.expected === 'never') return `${place.slice(1)} is unknown`;
  if (issue.received === 'undefined') return `${place.slice(1)} is missing`;
  const message = issue.message.startsWith('must') ? issue.message : `must be ${issue.expected ?? 'present'}`;
  return `${place === '' ? 'it' : place.slice(1)} ${message}`;
}

const malformed = (path: string, why: string) =>
  inputError({
    what: `${path} is not an environments file`,
    why,
    hint: 'write environments: followed by a list of name, repository, namespace and component; see examples/delivery',
  });
