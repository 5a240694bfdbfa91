import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CatalogDocument, type Rule, readCatalog } from './document.js';
import { type CommandFlags, readOpHelp } from './op-help.js';
import { ownAccess } from './rules/access.js';
import { knownArguments } from './rules/argv.js';
import { deadlines } from './rules/deadlines.js';
import { saysWhereItIsFrom } from './rules/files.js';
import { type ImageLock, lockedImages } from './rules/images.js';
import { shortStepNames } from './rules/logs.js';
import { catalogMetadata } from './rules/metadata.js';
import { namespaceNeutral } from './rules/namespaces.js';
import { restricted } from './rules/restricted.js';
import { resultContract } from './rules/results.js';
import { noSubstitutionInScripts } from './rules/scripts.js';
import { secretsAreFiles } from './rules/secrets.js';
import { sidecarsSeeNothing } from './rules/sidecars.js';
import { oneClaimPerTask } from './rules/workspaces.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readJson = (path: string): unknown => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));

let catalog: readonly CatalogDocument[];
/** The optional part: `kubectl apply -f dist/` does not install it. */
let optional: readonly CatalogDocument[];
/** The part of it that has its own namespace; the rest is for environments. */
let apart: readonly CatalogDocument[];
let everything: readonly CatalogDocument[];
let commands: CommandFlags;

beforeAll(() => {
  everything = readCatalog(`${root}dist`);
  catalog = everything.filter(({ file }) => !file.startsWith('optional/'));
  optional = everything.filter(({ file }) => file.startsWith('optional/'));
  apart = optional.filter(({ file }) => file.startsWith('optional/buildkitd'));
  commands = readOpHelp();
});

const violations = (rule: Rule): string[] => rule(catalog).map(({ where, message }) => `${where}: ${message}`);
/** The paths of the emptyDirs without a size limit, wherever an object has volumes. */
function unlimitedEmptyDirs(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    key === 'emptyDir' && !(typeof part === 'object' && part !== null && 'sizeLimit' in part)
      ? [`${path}.emptyDir`]
      : unlimitedEmptyDirs(part, `${path}.${key}`),
  );
}
const version = () => (readJson('package.json') as { version: string }).version;

describe('everything in dist/', () => {
  test('exists: eight Tasks, a Pipeline, and what they need', () => {
    const kinds = catalog.map(({ object }) => object.kind);
    expect(kinds.filter((kind) => kind === 'Task').length).toBeGreaterThanOrEqual(8);
    expect(kinds).toEqual(
      expect.arrayContaining(['Pipeline', 'ServiceAccount', 'Role', 'RoleBinding', 'NetworkPolicy']),
    );
  });

  test('1: has no $(...) inside a script or a text for sh -c', () => {
    expect(violations(noSubstitutionInScripts)).toEqual([]);
  });

  test('1: runs op with a fixed command and flags that exist', () => {
    expect(violations(knownArguments(commands))).toEqual([]);
  });

  test('2: has no secret variable next to a reference', () => {
    expect(violations(secretsAreFiles)).toEqual([]);
  });

  test('2: lets no sidecar see a workspace, a Secret or a token', () => {
    expect(violations(sidecarsSeeNothing)).toEqual([]);
  });

  test('3: passes Pod Security restricted on a read-only root filesystem', () => {
    expect(violations(restricted)).toEqual([]);
  });

  test('3: has a size limit on every emptyDir, in the optional part too', () => {
    expect(everything.flatMap(({ file, object }) => unlimitedEmptyDirs(object, file))).toEqual([]);
  });

  test('4: runs the image of the lock file, by tag and digest, except for the builder', () => {
    expect(violations(lockedImages(readJson('image/image.lock.json') as ImageLock))).toEqual([]);
  });

  test('5: has at most one workspace per Task that may be a PersistentVolumeClaim', () => {
    expect(violations(oneClaimPerTask)).toEqual([]);
  });

  test('6: keeps the result contract', () => {
    expect(violations(resultContract)).toEqual([]);
  });

  test('7: gives every step that can wait a deadline before its TaskRun ends', () => {
    expect(violations(deadlines(commands))).toEqual([]);
  });

  test('8: has short step names', () => {
    expect(violations(shortStepNames)).toEqual([]);
  });

  test('9: is namespace-neutral', () => {
    expect(violations(namespaceNeutral)).toEqual([]);
  });

  test('9: gives every Pipeline its own ServiceAccount, Role and NetworkPolicy', () => {
    expect(violations(ownAccess)).toEqual([]);
  });

  test('9: puts the pods of every Task under a NetworkPolicy, also without a Pipeline', () => {
    const guarded = catalog.flatMap(({ object }) =>
      object.kind === 'NetworkPolicy'
        ? (object.spec?.podSelector?.matchExpressions ?? []).flatMap(({ key, values = [] }) =>
            key === 'tekton.dev/task' ? values : [],
          )
        : [],
    );
    const names = catalog.flatMap(({ object }) => (object.kind === 'Task' ? [object.metadata.name] : []));
    expect(names.filter((name) => !guarded.includes(name ?? ''))).toEqual([]);
  });

  test('is flat, and names its version and source file in the first line', () => {
    expect(violations(saysWhereItIsFrom(version(), (path) => existsSync(`${root}${path}`)))).toEqual([]);
  });

  test('has the metadata that a catalog shows', () => {
    expect(violations(catalogMetadata(version()))).toEqual([]);
  });
});

describe('dist/optional/', () => {
  const texts = (documents: readonly CatalogDocument[]) => documents.map(({ object }) => JSON.stringify(object));

  test('is the only place that is privileged', () => {
    const privileged = /"privileged":true|"pod-security[^"]*":"privileged"/u;
    expect(texts(catalog).filter((text) => privileged.test(text))).toEqual([]);
    expect(texts(optional).filter((text) => privileged.test(text))).not.toEqual([]);
  });

  test('runs the image of the lock file, by tag and digest', () => {
    const octopipeline = readJson('image/image.lock.json') as ImageLock & { readonly buildkitd: ImageLock };
    const images = texts(optional).flatMap((text) =>
      [...text.matchAll(/"image":"([^"]*)"/gu)].map(([, image = '']) => image),
    );
    const locked = [octopipeline, octopipeline.buildkitd].map(({ image, digest }) => `${image}@${digest}`);
    expect(new Set(images)).toEqual(new Set(locked));
  });

  test('has Roles for the namespaces of environments, which reach nothing outside them and name what they allow', () => {
    const roles = optional.filter(({ file }) => file === 'optional/environment.yaml');
    expect(roles.map(({ object }) => `${object.kind} ${object.metadata.name}`)).toEqual([
      'Role octopipeline-environment',
      'Role octopipeline-environment-observer',
      'Role octopipeline-flux-sources',
      'Role octopipeline-helm-test',
    ]);
    expect(namespaceNeutral(roles)).toEqual([]);
    expect(texts(roles).filter((text) => text.includes('"*"'))).toEqual([]);
  });

  test('lets only octopipeline-environment and octopipeline-flux-sources change Flux objects, and no Role of other namespaces touch Leases', () => {
    const rulesOf = (name: string) =>
      JSON.stringify(optional.find(({ object }) => object.metadata.name === name)?.object.rules);
    expect(rulesOf('octopipeline-environment')).toContain('patch');
    expect(rulesOf('octopipeline-environment-observer')).not.toMatch(/patch|"\*"/u);
    expect(rulesOf('octopipeline-flux-sources')).not.toMatch(/"(leases|pods|deployments|secrets)"/u);
  });

  test('has a separate namespace for each buildkitd, and mounts no token', () => {
    const others = apart.filter(({ object }) => object.kind !== 'Namespace');
    for (const { file, object } of apart.filter(({ object }) => object.kind === 'Namespace')) {
      const inFile = others.filter((one) => one.file === file).map(({ object }) => object.metadata.namespace);
      expect(new Set(inFile)).toEqual(new Set([object.metadata.name]));
    }
    expect(new Set(others.map(({ object }) => object.metadata.namespace)).size).toBe(2);
    const mounting = others.filter(
      ({ object }) =>
        (object.kind === 'ServiceAccount' && object.automountServiceAccountToken !== false) ||
        (object.kind === 'Deployment' && !JSON.stringify(object).includes('"automountServiceAccountToken":false')),
    );
    expect(mounting).toEqual([]);
  });
});
