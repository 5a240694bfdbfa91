import { withoutMarked } from './pod-paths.js';
import type { Sidecar, Spec, Step, Template } from './task-spec.js';

/** Where a text names a path of a pod, and does not take it from a variable. */
const ofPods = /(?:^|[^\w$./)}-])\/(?:workspace|tekton)(?:\/|\b)/u;

/**
 * Refuses paths of a pod that are written out, where steps have no mount namespace: they would be, or miss, files of this machine.
 */
export function literalPaths(spec: Spec, report: (path: string, what: string, hint: string) => void): void {
  const mountPaths = (container: Template) =>
    [...(container.volumeMounts ?? []), ...(spec.stepTemplate?.volumeMounts ?? [])]
      .map(({ mountPath }) => mountPath)
      // TMPDIR points to it.
      .filter((path) => path !== '/tmp' && path !== '');
  const check = (container: Step | Sidecar | Template, path: string) => {
    const { script, command, args, env, workingDir } = { script: undefined, ...container };
    const texts: [string, string | undefined][] = [
      ['script', script],
      ['workingDir', workingDir],
      ...(command ?? []).map((text, index): [string, string] => [`command[${index}]`, text]),
      ...(args ?? []).map((text, index): [string, string] => [`args[${index}]`, text]),
      ...(env ?? []).map(({ value }, index): [string, string | undefined] => [`env[${index}].value`, value]),
    ];
    for (const [field, text] of texts) {
      const found = text && written(text, mountPaths(container));
      if (!found) continue;
      const hint = 'use its variable, such as $(workspaces.NAME.path) or $(results.NAME.path), or install bubblewrap';
      report(`${path}.${field}`, `it names ${found}, which steps do not have on this machine`, hint);
    }
  };
  for (const [index, step] of spec.steps.entries()) check(step, `spec.steps[${index}]`);
  for (const [index, sidecar] of (spec.sidecars ?? []).entries()) check(sidecar, `spec.sidecars[${index}]`);
  if (spec.stepTemplate) check(spec.stepTemplate, 'spec.stepTemplate');
}

function written(text: string, mountPaths: readonly string[]): string | undefined {
  const plain = withoutMarked(text);
  const [found] = ofPods.exec(plain) ?? [];
  if (found !== undefined) return found.slice(found.indexOf('/')).replace(/\/$/u, '');
  return mountPaths.find((path) => plain.includes(path));
}
