/** Where things are in a pod of Tekton v1.15.0 (pkg/apis/pipeline/paths.go). */
export const podPaths = {
  workspace: '/workspace',
  home: '/tekton/home',
  results: '/tekton/results',
  steps: '/tekton/steps',
  scripts: '/tekton/scripts',
  artifacts: '/tekton/artifacts',
  credentials: '/tekton/creds',
  programs: '/tekton/bin',
  shell: '/tekton/shell',
} as const;

/** `step-NAME`, the name of the container of a step; a step without a name has its place as one. */
export const stepContainer = (name: string | undefined, index: number): string => `step-${name || `unnamed-${index}`}`;

/** `sidecar-NAME`, cut to what a container may be called; `sidecar` for one without a name. Source: RestrictLength, pkg/names. */
export const sidecarContainer = (name = ''): string => `sidecar-${name}`.slice(0, 63).replace(/[^a-zA-Z0-9]+$/u, '');

/**
 * Where a step has no mount namespace, a variable for a path cannot be replaced at once: the path is in the directory of the TaskRun,
 * and which one depends on what the step mounts. These characters, of a private use area of Unicode, mark it until that is known.
 */
const [open, close] = ['\u{f4a10}', '\u{f4a11}'];
const marked = new RegExp(`${open}([^${close}]*)${close}`, 'gu');

export const markPath = (path: string): string => `${open}${path}${close}`;

/** Replaces the marked paths in all strings of a value. */
export function placePaths<Value>(value: Value, place: (path: string) => string): Value {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return part.replaceAll(marked, (_, path: string) => place(path));
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item)]));
  };
  return walk(value) as Value;
}

/** The text without its marked paths; what follows them is still no beginning of a path. */
export const withoutMarked = (text: string): string => text.replaceAll(marked, '.');
