import { resolve } from 'node:path';
import type { PipelineDefinition } from '../../tekton/pipeline.js';
import { toPipeline, toPipelineRun, toStepAction, toTask, toTaskRun } from '../../tekton/render/render.js';
import type { PipelineRunDefinition, TaskRunDefinition } from '../../tekton/run.js';
import type { StepActionDefinition } from '../../tekton/step.js';
import type { TaskDefinition } from '../../tekton/task.js';
import { readTexts } from '../commands/read-input.js';
import type { DocumentFile } from '../documents/read.js';

/** A value of the typed library. */
type Definition =
  | PipelineDefinition
  | TaskDefinition
  | StepActionDefinition
  | PipelineRunDefinition
  | TaskRunDefinition;

/** Tekton objects: a definition, objects as YAML has them, YAML or JSON as a text (of several lines, or in braces), or the path of a file or directory. */
export type Documents = Definition | TektonYaml;

/** The same without definitions, but for runs, whose types are checked where they are written. */
export type TektonYaml = PipelineRunDefinition | TaskRunDefinition | TektonObject | readonly TektonObject[] | string;

/** An object as YAML has it. */
export interface TektonObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What is to be run, and all that is read with it. */
export interface Input {
  readonly texts: readonly DocumentFile[];
  /** The sources that what is to be run may be in. */
  readonly from: ReadonlySet<string>;
}

/** The texts of everything that a test names, with the Tasks and StepActions that definitions refer to. */
export async function inputOf(what: Documents, others: readonly Documents[], cwd: string): Promise<Input> {
  const own = await textsOf(what, cwd, 'what is tested');
  const more = await Promise.all(others.map((one, index) => textsOf(one, cwd, `documents[${index}]`)));
  const named = [what, ...others].filter(isDefinition);
  const given = new Set(named.map((one) => `${one.kind}/${'name' in one ? one.name : ''}`));
  // A Task that the test gives itself is meant, not the one of that name in the definition.
  const implied = new Map(
    named.flatMap(impliedBy).flatMap((one) => {
      const key = `${one.kind}/${one.name}`;
      return given.has(key) ? [] : [[key, one] as const];
    }),
  );
  const texts = [...implied].map(([key, one]) => ({ source: key, text: JSON.stringify(wireOf(one)) }));
  return { texts: [...own, ...more.flat(), ...texts], from: new Set(own.map(({ source }) => source)) };
}

const isDefinition = (one: Documents): one is Definition =>
  typeof one === 'object' && 'kind' in one && !('apiVersion' in one);

async function textsOf(one: Documents, cwd: string, source: string): Promise<readonly DocumentFile[]> {
  if (typeof one === 'string') return isText(one) ? [{ source, text: one }] : readTexts(cwd, [resolve(cwd, one)]);
  const objects = isDefinition(one) ? [wireOf(one)] : [one].flat();
  return [{ source, text: objects.map((object) => JSON.stringify(object)).join('\n---\n') }];
}

const isText = (one: string): boolean => one.includes('\n') || one.trimStart().startsWith('{');

function wireOf(definition: Definition): object {
  switch (definition.kind) {
    case 'Pipeline':
      return toPipeline(definition);
    case 'Task':
      return toTask(definition);
    case 'StepAction':
      return toStepAction(definition);
    case 'PipelineRun':
      return toPipelineRun(definition);
    case 'TaskRun':
      return toTaskRun(definition);
  }
}

/** The objects that a definition refers to by name, and those that these refer to. */
function impliedBy(definition: Definition): readonly (PipelineDefinition | TaskDefinition | StepActionDefinition)[] {
  const ofTask = (task: TaskDefinition) =>
    task.steps.flatMap(({ ref }) => (ref !== undefined && 'kind' in ref ? [ref] : []));
  const ofPipeline = ({ nodes }: PipelineDefinition) =>
    nodes.flatMap(({ definition: task, options: { embed = false } }) => {
      if (task.kind !== 'Task') return [];
      return embed ? ofTask(task) : [task, ...ofTask(task)];
    });
  switch (definition.kind) {
    case 'Pipeline':
      return ofPipeline(definition);
    case 'Task':
      return ofTask(definition);
    case 'StepAction':
      return [];
    case 'PipelineRun': {
      const own = ofPipeline(definition.pipeline);
      return definition.options.embed === true ? own : [definition.pipeline, ...own];
    }
    case 'TaskRun': {
      const own = ofTask(definition.task);
      return definition.options.embed === true ? own : [definition.task, ...own];
    }
  }
}
