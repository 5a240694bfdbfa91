import { createHash } from 'node:crypto';

/** The longest name of an object, and what is left of it for a name when a hash is in it. Source: knative.dev/pkg/kmeta, ChildName. */
const longest = 63;
const head = longest - 32;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** The name of an object that belongs to another one, as Tekton makes it: long names are cut, and a hash keeps them apart. */
export function childName(parent: string, suffix: string): string {
  if (parent.length <= longest - suffix.length) return `${parent}${suffix}`;
  if (head > suffix.length) return `${parent.slice(0, head - suffix.length)}${md5(parent)}${suffix}`;
  const name = `${parent.slice(0, head)}${md5(`${parent}${suffix}`)}`;
  return `${name}${suffix.slice(0, Math.max(0, longest - name.length))}`.replace(/[^a-zA-Z0-9]+$/u, '');
}

/**
 * The names of the TaskRuns of a PipelineTask. A matrix with one combination has no number.
 * Source: getNewRunNames of pipelinerunresolution.go.
 */
export function taskRunNames(run: string, pipelineTask: string, combinations: number): readonly string[] {
  if (combinations === 1) return [childName(run, `-${pipelineTask}`)];
  return Array.from({ length: combinations }, (_, index) => {
    const name = childName(run, `-${pipelineTask}-${index}`);
    if (name.endsWith(`-${index}`)) return name;
    const room = longest - `-${combinations}`.length;
    return `${childName(run, `-${pipelineTask}`).slice(0, room)}-${index}`;
  });
}
