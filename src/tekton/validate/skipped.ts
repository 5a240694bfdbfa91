import type { NodeDefinition } from '../node.js';
import type { PipelineDefinition } from '../pipeline.js';
import type { Report } from '../problem.js';
import { referencesIn } from '../references.js';

/** The nodes that may be skipped: those with conditions, and those that need a result of one. */
function maySkip(pipeline: PipelineDefinition): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of pipeline.nodes) {
    if (node.phase === 'finally') continue;
    if (node.options.when !== undefined || needs(node).some((name) => found.has(name))) found.add(node.name);
  }
  return found;
}

/** The nodes whose results a node needs. */
function needs({ options }: NodeDefinition): readonly string[] {
  return referencesIn([options.params, options.over, options.include, options.when?.conditions]).flatMap(
    ({ origin, node }) => (origin === 'task result' && node !== undefined ? [node] : []),
  );
}

/**
 * Checks that a node of finally which reads a result of a node that may be skipped says so: Tekton then skips it in silence.
 * A condition on the status of that node says that it is meant.
 */
export function checkSkipped(pipeline: PipelineDefinition, node: NodeDefinition, report: Report): void {
  if (node.phase !== 'finally') return;
  const skipped = maySkip(pipeline);
  const asked = referencesIn(node.options.when?.conditions).flatMap(({ origin, node: of }) =>
    origin === 'status' && of !== undefined ? [of] : [],
  );
  for (const name of new Set(needs(node))) {
    if (!skipped.has(name) || asked.includes(name)) continue;
    report('', `reads a result of "${name}", which may be skipped: then this is skipped too`, skipHint);
  }
}

const skipHint = "add when: eq(NODE.status, 'Succeeded') if that is meant";
