import type { Construct } from 'constructs';
import { type PipelineRunDefinition, toPipelineRun, validate } from '../tekton/index.js';
import { optionsOf, TektonObject, type TektonProps } from './tekton-object.js';

/**
 * A PipelineRun of the typed core, in a cdk8s chart. One with `generateName` is for `kubectl create`, not `kubectl apply`.
 */
export class PipelineRun extends TektonObject {
  readonly definition: PipelineRunDefinition;

  constructor(scope: Construct, id: string, { definition, allow }: TektonProps<PipelineRunDefinition>) {
    const options = optionsOf(allow);
    super(scope, id, {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      name: definition.name,
      render: () => toPipelineRun(definition, options),
      problems: validate(definition, options),
    });
    this.definition = definition;
  }
}
