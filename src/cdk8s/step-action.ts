import type { Construct } from 'constructs';
import { type StepActionDefinition, toStepAction, validate } from '../tekton/index.js';
import { optionsOf, TektonObject, type TektonProps } from './tekton-object.js';

/** A Tekton StepAction of the typed core, in a cdk8s chart. */
export class StepAction extends TektonObject {
  readonly definition: StepActionDefinition;

  constructor(scope: Construct, id: string, { definition, allow }: TektonProps<StepActionDefinition>) {
    const options = optionsOf(allow);
    super(scope, id, {
      apiVersion: 'tekton.dev/v1beta1',
      kind: 'StepAction',
      name: definition.name,
      render: () => toStepAction(definition, options),
      problems: validate(definition, options),
    });
    this.definition = definition;
  }
}
