import { option } from '../../kit/options/option.js';

/** What `op mirror prune` does with its plan. */
export const pruneOptions = {
  delete: option.flag('delete what the plan names; without it, nothing is deleted'),
};
