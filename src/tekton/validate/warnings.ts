import { at, type Problem } from '../problem.js';
import type { Owner } from '../reference.js';
import { referencesIn, textsIn } from '../references.js';
import type { TaskDefinition } from '../task.js';
import { WORKSPACE } from '../workspace.js';
import { type AnyDefinition, rootOf } from './definition.js';
import { reportCutShort } from './run.js';

/**
 * What Tekton accepts and is mostly a mistake: what a definition declares and nothing uses (params, workspaces, volumes), and nodes that may
 * take longer than their run allows. CatalogApp prints these as warnings.
 *
 * @example for (const { path, message } of warnings(ci)) console.error(`${path}: ${message}`)
 */
export function warnings(definition: AnyDefinition): readonly Problem[] {
  const unused = (path: string): Problem => ({
    path: at(rootOf(definition), path),
    message: 'is declared, but nothing uses it',
    hint: 'use it, or remove it',
  });
  switch (definition.kind) {
    case 'Task':
      return unusedInTask(definition).map(unused);
    case 'StepAction':
      return unusedParams(definition, [definition.body]).map(unused);
    case 'Pipeline': {
      const { nodes, outputs, workspaces, owner } = definition;
      const by = [
        nodes.map(({ options, definition: used }) => [options, 'source' in used ? used.source : undefined]),
        outputs,
      ];
      const bound = new Set(workspacesIn(by, owner));
      return [...unusedParams(definition, by), ...without(workspaces, bound, 'workspaces')].map(unused);
    }
    case 'PipelineRun': {
      const found: Problem[] = [];
      reportCutShort(definition, (path, message, hint = '') => {
        found.push({ path: at(rootOf(definition), path), message, hint });
      });
      return found;
    }
    default:
      return [];
  }
}

function unusedInTask(task: TaskDefinition): readonly string[] {
  const by = [task.steps, task.sidecars, task.stepTemplate, Object.values(task.resultValues)];
  const texts = textsIn(by);
  const used = new Set([...workspacesIn(by, task.owner), ...namesOf(by, task.owner, 'workspace')]);
  for (const [name, { mountPath = `/workspace/${name}` }] of Object.entries(task.workspaces)) {
    if (texts.some((text) => text.includes(mountPath))) used.add(name);
  }
  const mounted = new Set(
    [...task.steps, ...task.sidecars, task.stepTemplate ?? {}].flatMap((container) =>
      'volumeMounts' in container ? (container.volumeMounts ?? []).map(({ name }) => name) : [],
    ),
  );
  const volumes = task.volumes.flatMap(({ name }, index) =>
    mounted.has(name) || texts.includes(name) ? [] : [`volumes[${index}] ${name}`],
  );
  return [...unusedParams(task, by), ...without(task.workspaces, used, 'workspaces'), ...volumes];
}

function unusedParams(
  { params, owner }: { readonly params: object; readonly owner: Owner },
  by: unknown,
): readonly string[] {
  return without(params, new Set(namesOf(by, owner, 'param')), 'params');
}

function without(declared: object, used: ReadonlySet<string>, field: string): readonly string[] {
  return Object.keys(declared).flatMap((name) => (used.has(name) ? [] : [`${field}.${name}`]));
}

function namesOf(by: unknown, owner: Owner, origin: 'param' | 'workspace'): readonly string[] {
  return referencesIn(by).flatMap((reference) =>
    reference.owner === owner && reference.origin === origin ? [reference.name] : [],
  );
}

/** The workspaces that are passed as such: to a node, or to the list of a step. */
function workspacesIn(value: unknown, owner: Owner): readonly string[] {
  if (typeof value !== 'object' || value === null || ('kind' in value && 'owner' in value)) return [];
  if (WORKSPACE in value) {
    const handle = value[WORKSPACE] as { readonly owner: Owner; readonly name: string };
    return handle.owner === owner ? [handle.name] : [];
  }
  return Object.values(value).flatMap((inner) => workspacesIn(inner, owner));
}
