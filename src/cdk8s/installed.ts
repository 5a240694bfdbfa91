import type { AnyDefinition } from '../tekton/index.js';
import { checkTogether } from '../tekton/validate/together.js';

/** What is installed besides the objects of an app: Tasks and Pipelines of another catalog. */
export type Installed = Extract<AnyDefinition, { readonly kind: 'Task' | 'Pipeline' | 'StepAction' }>;

/**
 * Problems between definitions: one that another refers to by name and nobody installs, and another of the same name.
 *
 * @param own the definitions of the app
 * @param others what is installed already
 */
export function problemsBetween(own: readonly AnyDefinition[], others: readonly Installed[]): readonly string[] {
  const installed = new Set([...own, ...others].map(identityOf));
  const missing = own.flatMap((definition) =>
    referredBy(definition)
      .filter((used) => !installed.has(identityOf(used)))
      .map((used) => {
        const what = `${used.kind} "${used.name}"`;
        const how = `add it to a chart, or name it in installed of the CatalogApp${used.kind === 'Task' ? ', or embed it' : ''}`;
        return `${identityOf(definition)}: refers to the ${what}, which nothing here installs (${how})`;
      }),
  );
  const different: string[] = [];
  checkTogether([...new Set([...own, ...others])], (path, message) => different.push(`${path}: ${message}`));
  return [...new Set([...missing, ...different])];
}

function identityOf({ kind, name }: AnyDefinition): string {
  return `${kind.toLowerCase()}/${typeof name === 'string' ? name : name.generateName}`;
}

/** What a definition refers to by name, also through what it embeds. */
function referredBy(definition: AnyDefinition): readonly Installed[] {
  switch (definition.kind) {
    case 'Task':
      return definition.steps.flatMap(({ ref }) => (ref !== undefined && 'kind' in ref ? [ref] : []));
    case 'Pipeline':
      return definition.nodes.flatMap(({ definition: used, options }) => {
        if (used.kind !== 'Task') return [];
        return options.embed === true ? referredBy(used) : [used];
      });
    case 'PipelineRun':
      return definition.options.embed === true ? referredBy(definition.pipeline) : [definition.pipeline];
    case 'TaskRun':
      return definition.options.embed === true ? referredBy(definition.task) : [definition.task];
    default:
      return [];
  }
}
