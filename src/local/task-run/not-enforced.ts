import type { Spec } from './task-spec.js';

/** What a field asks for, and what is done instead. */
const notes: Readonly<Record<string, string>> = {
  runAsUser:
    'user ids: steps of images that are this machine run as the user who started op (runAsUser, runAsGroup, runAsNonRoot)',
  runAsGroup:
    'user ids: steps of images that are this machine run as the user who started op (runAsUser, runAsGroup, runAsNonRoot)',
  runAsNonRoot:
    'user ids: steps of images that are this machine run as the user who started op (runAsUser, runAsGroup, runAsNonRoot)',
  readOnlyRootFilesystem:
    "root file system: it is this machine's, read-only but for new directories in / (readOnlyRootFilesystem)",
  seccompProfile: 'security profiles (seccompProfile, appArmorProfile, seLinuxOptions)',
  appArmorProfile: 'security profiles (seccompProfile, appArmorProfile, seLinuxOptions)',
  seLinuxOptions: 'security profiles (seccompProfile, appArmorProfile, seLinuxOptions)',
  computeResources: 'resources: steps share what this machine has (computeResources)',
  resources: 'resources: steps share what this machine has (computeResources)',
  imagePullPolicy: 'images: one that is not this machine is fetched when its digest is not here yet (imagePullPolicy)',
  livenessProbe: 'liveness: a sidecar that hangs is not stopped (livenessProbe)',
  sizeLimit: 'sizes of volumes (emptyDir.sizeLimit)',
  medium: 'volumes in memory: they are directories (emptyDir.medium)',
};

/** What a Task asks for and local runs do not enforce: one sentence each, to be said once in a run. */
export function notEnforced(spec: Spec): string[] {
  const { steps, sidecars = [], stepTemplate = {}, volumes = [] } = spec;
  const asked = new Set<string>();
  const look = (value: object | undefined) => {
    for (const [field, part] of Object.entries(value ?? {})) if (part !== undefined) asked.add(field);
  };
  for (const container of [...steps, ...sidecars, stepTemplate]) {
    look(container);
    look(container.securityContext);
  }
  for (const { emptyDir } of volumes) look(emptyDir);
  return [...new Set([...asked].flatMap((field) => notes[field] ?? []))].toSorted();
}
