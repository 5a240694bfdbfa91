import { nodesOf, pipelinesOf, tasksOf } from '../containers.js';
import type { CatalogDocument, Rule, Violation } from '../document.js';
import type { PipelineSpec, Result, TaskSpec } from '../objects.js';

/** What Tekton Chains reads from a build, and what every Pipeline that builds returns. */
const imageResults = ['IMAGE_URL', 'IMAGE_DIGEST', 'IMAGES'] as const;
const sourceResults = ['CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT'] as const;

/** The commands of op that build an image, and may therefore claim one. */
const builders = new Set(['push', 'build-push', 'build-dockerfile', 'build-buildpacks']);

/** Catalog rule 6: one result contract, in Tasks, in their steps' arguments, and in Pipelines. */
export const resultContract: Rule = (documents) => [
  ...tasksOf(documents).flatMap(({ where, spec }) => taskProblems(spec).map((message) => ({ where, message }))),
  ...pipelinesOf(documents).flatMap(({ where, spec }) => pipelineProblems(where, spec, documents)),
];

function taskProblems(task: TaskSpec): string[] {
  const names = namesOf(task.results);
  const written = writtenBy(task);
  const builds = task.steps.some(({ args = [] }) => builders.has(args[0] ?? ''));
  return [
    ...strangers(names),
    ...(imageResults.some((name) => names.has(name)) ? missing(names, [...imageResults, ...sourceResults]) : []),
    ...(sourceResults.some((name) => names.has(name)) ? missing(names, sourceResults) : []),
    ...(names.has('IMAGE_URL') && !builds ? ['claims an image (IMAGE_URL) that no step of it builds'] : []),
    ...[...names].filter((name) => !written.has(name)).map((name) => `no step writes the result ${name}`),
    ...[...written].filter((name) => !names.has(name)).map((name) => `a step writes the undeclared result ${name}`),
  ];
}

/** Names that Chains would read as an image although they are not in the contract. */
const strangers = (names: ReadonlySet<string>) =>
  [...names]
    .filter((name) => /IMAGE_(?:URL|DIGEST)$/u.test(name) && name !== 'IMAGE_URL' && name !== 'IMAGE_DIGEST')
    .map((name) => `Chains would attest the result ${name}`);

const missing = (names: ReadonlySet<string>, wanted: readonly string[]) =>
  wanted.filter((name) => !names.has(name)).map((name) => `is missing the result ${name}`);

const namesOf = (results: readonly Result[] = []) => new Set(results.map(({ name }) => name));

/** Results that a step is told to write, `$(results.NAME.path)`, or that have a step result as value. */
function writtenBy({ steps, results = [] }: TaskSpec): ReadonlySet<string> {
  const texts = steps.flatMap(({ args = [], command = [], env = [], script = '' }) => [
    ...args,
    ...command,
    script,
    ...env.map(({ value = '' }) => value),
  ]);
  const paths = texts.flatMap((text) =>
    [...text.matchAll(/\$\(results\.([^.)]+)\.path\)/gu)].map(([, name = '']) => name),
  );
  return new Set([...paths, ...results.filter(({ value }) => value !== undefined).map(({ name }) => name)]);
}

function pipelineProblems(where: string, spec: PipelineSpec, documents: readonly CatalogDocument[]): Violation[] {
  const results = new Map((spec.results ?? []).map(({ name, value }) => [name, value]));
  const problems = strangers(new Set(results.keys()));
  for (const { node } of nodesOf(spec)) {
    const task = node.taskSpec ?? documents.find(({ object }) => isTask(object, node.taskRef?.name))?.object.spec;
    const names = namesOf(task?.results);
    if (!names.has('IMAGE_URL')) continue;
    for (const name of [...imageResults, ...sourceResults]) {
      const value = results.get(name);
      if (value === undefined) problems.push(`builds in ${node.name} and does not return ${name}`);
      else if (isImage(name) && value !== `$(tasks.${node.name}.results.${name})`) {
        problems.push(`returns ${name} as ${value}, not the one of ${node.name}`);
      }
    }
  }
  return problems.map((message) => ({ where, message }));
}

const isImage = (name: string) => imageResults.some((known) => known === name);
const isTask = (object: CatalogDocument['object'], name: string | undefined) =>
  object.kind === 'Task' && object.metadata.name === name;
