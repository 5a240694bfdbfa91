import type { Report } from '../problem.js';
import { type AnyDefinition, rootOf } from './definition.js';

/** Checks definitions that are installed together: names are unique, and a name refers to the definition that the author used. */
export function checkTogether(definitions: readonly AnyDefinition[], report: Report): void {
  const known = new Map<string, AnyDefinition>();
  for (const definition of definitions) {
    if (typeof definition.name !== 'string') continue;
    const root = rootOf(definition);
    const before = known.get(root);
    if (before === undefined) known.set(root, definition);
    else {
      const same = before === definition ? 'is listed twice' : `another ${definition.kind} has the same name`;
      report(root, same, 'names must be unique per kind');
    }
  }
  for (const definition of definitions) {
    for (const { used, path } of usedBy(definition)) {
      const installed = known.get(rootOf(used));
      if (installed === undefined || installed === used) continue;
      report(
        `${rootOf(definition)} > ${path}`,
        `uses a different ${used.kind} "${used.name}" from the one listed here`,
      );
    }
  }
}

/** The definitions that a definition refers to by name. */
function usedBy(
  definition: AnyDefinition,
): readonly { readonly used: AnyDefinition & { readonly name: string }; readonly path: string }[] {
  switch (definition.kind) {
    case 'Pipeline':
      return definition.nodes.flatMap(({ name, definition: used, options }) =>
        used.kind === 'Task' && options.embed !== true ? [{ used, path: name }] : [],
      );
    case 'Task':
      return definition.steps.flatMap(({ name, ref }) =>
        ref !== undefined && 'kind' in ref ? [{ used: ref, path: name }] : [],
      );
    case 'PipelineRun':
      return definition.options.embed === true ? [] : [{ used: definition.pipeline, path: 'pipelineRef' }];
    case 'TaskRun':
      return definition.options.embed === true ? [] : [{ used: definition.task, path: 'taskRef' }];
    default:
      return [];
  }
}
