import type { Construct } from 'constructs';
import { type TaskDefinition, toTask, validate } from '../tekton/index.js';
import { optionsOf, TektonObject, type TektonProps } from './tekton-object.js';

/** A Tekton Task of the typed core, in a cdk8s chart. */
export class Task extends TektonObject {
  readonly definition: TaskDefinition;

  constructor(scope: Construct, id: string, { definition, allow }: TektonProps<TaskDefinition>) {
    const options = optionsOf(allow);
    super(scope, id, {
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      name: definition.name,
      render: () => toTask(definition, options),
      problems: validate(definition, options),
    });
    this.definition = definition;
  }
}
