import type { Construct } from 'constructs';
import { type PipelineRunDefinition, toPipelineRun, validate } from '../tekton/index.js';
import { TektonObject } from './tekton-object.js';

/**
 * A PipelineRun of the typed core, in a cdk8s chart. One with `generateName` is for `kubectl create`, not `kubectl apply`.
 */
export class PipelineRun extends TektonObject {
  constructor(scope: Construct, id: string, { definition }: { readonly definition: PipelineRunDefinition }) {
    super(scope, id, {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      name: definition.name,
      render: () => toPipelineRun(definition),
      problems: validate(definition),
    });
  }
}
