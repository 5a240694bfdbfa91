import type { Construct } from 'constructs';
import { type PipelineDefinition, toPipeline, validate } from '../tekton/index.js';
import { optionsOf, TektonObject, type TektonProps } from './tekton-object.js';

/** A Tekton Pipeline of the typed core, in a cdk8s chart. */
export class Pipeline extends TektonObject {
  readonly definition: PipelineDefinition;

  constructor(scope: Construct, id: string, { definition, allow }: TektonProps<PipelineDefinition>) {
    const options = optionsOf(allow);
    super(scope, id, {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      name: definition.name,
      render: () => toPipeline(definition, options),
      problems: validate(definition, options),
    });
    this.definition = definition;
  }
}
