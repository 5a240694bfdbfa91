/** One object as Tekton's admission webhook would judge it, on a default install but for `enum` of params. */
import { checkObjectName } from '../../tekton/validate/names.js';
import type { WirePipelineSpec } from '../../tekton/wire/pipeline.js';
import type { ObjectMeta } from '../../tekton/wire/pod.js';
import type { WirePipelineRun, WireTaskRun } from '../../tekton/wire/run.js';
import type { WireStepAction, WireTaskSpec } from '../../tekton/wire/task.js';
import { plainly } from './declared.js';
import { checkPipelineSpec } from './pipeline.js';
import { checkPipelineRun, checkTaskRun } from './run.js';
import { checkStepAction, checkTaskSpec } from './task.js';
import type { Report } from './variables.js';

export type Checked =
  | { readonly kind: 'Task'; readonly spec: WireTaskSpec }
  | { readonly kind: 'StepAction'; readonly spec: WireStepAction['spec'] }
  | { readonly kind: 'Pipeline'; readonly spec: WirePipelineSpec }
  | { readonly kind: 'TaskRun'; readonly spec: WireTaskRun['spec'] }
  | { readonly kind: 'PipelineRun'; readonly spec: WirePipelineRun['spec'] };

export function check(object: Checked, { name, generateName }: ObjectMeta, report: Report): void {
  if (name !== undefined) checkObjectName(name, 'metadata.name', plainly(report));
  else if (generateName !== undefined) {
    // Kubernetes cuts it, and adds five letters.
    checkObjectName(`${generateName.slice(0, 58)}aaaaa`, 'metadata.generateName', plainly(report));
  }
  switch (object.kind) {
    case 'Task':
      checkTaskSpec(object.spec, [], 'spec', report);
      break;
    case 'StepAction':
      checkStepAction(object.spec, report);
      break;
    case 'Pipeline':
      checkPipelineSpec(object.spec, false, 'spec', report);
      break;
    case 'TaskRun':
      checkTaskRun(object.spec, report);
      break;
    case 'PipelineRun':
      checkPipelineRun(object.spec, report);
      break;
  }
}
