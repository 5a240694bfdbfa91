import { containersOf, tasksOf } from '../containers.js';
import type { Rule, Violation } from '../document.js';
import type { Container, SecurityContext, TaskSpec } from '../objects.js';

/** Directories that must be writable on a read-only root: HOME (of the octopipeline image; of builder images) and the temporary one. */
const writable = { step: ['/home/op', '/tmp'], sidecar: ['/home/cnb', '/tmp'] };

/** Volume sources that Pod Security `restricted` allows. */
const allowedSources = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
);

/** Catalog rule 3: every step and sidecar passes Pod Security `restricted`, on a read-only root filesystem, and cannot fill the disk of its node. */
export const restricted: Rule = (documents) => [
  ...containersOf(documents).flatMap(({ where, kind, container, task }) =>
    problems(container, task, writable[kind]).map((message) => ({ where, message })),
  ),
  ...tasksOf(documents).flatMap(({ where, spec }) => [...hostVolumes(where, spec), ...withoutLimit(where, spec)]),
];

function problems(container: Container, task: TaskSpec, directories: readonly string[]): string[] {
  const context: SecurityContext = container.securityContext ?? {};
  const checks: readonly (readonly [boolean, string])[] = [
    [context.runAsNonRoot === true, 'runAsNonRoot is not true'],
    [isNonRootUser(context.runAsUser), 'runAsUser is not a number above 0'],
    [context.privileged !== true, 'privileged'],
    [context.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation is not false'],
    [context.capabilities?.drop?.includes('ALL') === true, 'capabilities.drop has no ALL'],
    [(context.capabilities?.add ?? []).length === 0, 'capabilities.add is not empty'],
    [context.seccompProfile?.type === 'RuntimeDefault', 'seccompProfile.type is not RuntimeDefault'],
    [context.procMount === undefined, 'procMount is set'],
    [context.readOnlyRootFilesystem === true, 'readOnlyRootFilesystem is not true'],
    [!(container.ports ?? []).some(({ hostPort }) => hostPort !== undefined), 'a port of the node'],
    ...directories.map((path) => [hasEmptyDirAt(path, container, task), `no emptyDir at ${path}`] as const),
  ];
  return checks.filter(([holds]) => !holds).map(([, message]) => message);
}

const isNonRootUser = (user: unknown) => typeof user === 'number' && Number.isInteger(user) && user > 0;

function hasEmptyDirAt(path: string, { volumeMounts = [] }: Container, { volumes = [] }: TaskSpec): boolean {
  const mount = volumeMounts.find(({ mountPath }) => mountPath === path);
  return volumes.some((volume) => volume.name === mount?.name && volume.emptyDir !== undefined);
}

function hostVolumes(where: string, { volumes = [] }: TaskSpec): Violation[] {
  return volumes.flatMap(({ name, ...sources }) =>
    Object.keys(sources)
      .filter((source) => !allowedSources.has(source))
      .map((source) => ({ where: `${where} > volumes ${name}`, message: `${source} is not allowed by restricted` })),
  );
}

function withoutLimit(where: string, { volumes = [] }: TaskSpec): Violation[] {
  return volumes
    .filter(({ emptyDir }) => emptyDir !== undefined && !hasLimit(emptyDir))
    .map(({ name }) => ({ where: `${where} > volumes ${name}`, message: 'the emptyDir has no size limit' }));
}

const hasLimit = (emptyDir: unknown) =>
  typeof emptyDir === 'object' &&
  emptyDir !== null &&
  'sizeLimit' in emptyDir &&
  typeof emptyDir.sizeLimit === 'string';
