import type { Construct } from 'constructs';
import { type PipelineDefinition, toPipeline, validate } from '../tekton/index.js';
import { TektonObject } from './tekton-object.js';

/** A Tekton Pipeline of the typed core, in a cdk8s chart. */
export class Pipeline extends TektonObject {
  readonly definition: PipelineDefinition;

  constructor(scope: Construct, id: string, { definition }: { readonly definition: PipelineDefinition }) {
    super(scope, id, {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      name: definition.name,
      render: () => toPipeline(definition),
      problems: validate(definition),
    });
    this.definition = definition;
  }
}
