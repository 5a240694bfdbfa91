import { tasksOf } from '../containers.js';
import type { Rule } from '../document.js';

/**
 * Catalog rule 5: at most one PersistentVolumeClaim per Task. In Tekton's default mode a TaskRun with two fails. A Task cannot
 * declare what its workspaces will be bound to; credentials and configuration are declared read-only, so whatever is writable may be a claim.
 */
export const oneClaimPerTask: Rule = (documents) =>
  tasksOf(documents).flatMap(({ where, spec }) => {
    const writable = (spec.workspaces ?? []).filter(({ readOnly }) => readOnly !== true).map(({ name }) => name);
    return writable.length <= 1
      ? []
      : [{ where, message: `${writable.length} writable workspaces: ${writable.join(', ')}` }];
  });
