import { resolve } from 'node:path';
import { type Definition, impliedBy, wireOf } from '../../tekton/render/implied.js';
import type { PipelineRunDefinition, TaskRunDefinition } from '../../tekton/run.js';
import { readTexts } from '../commands/read-input.js';
import type { DocumentFile } from '../documents/read.js';

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
