/** The order of the tasks of a Pipeline. Source: pkg/reconciler/pipeline/dag and PipelineTaskList.Deps of Tekton. */
import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { LocalProblem } from '../contract.js';
import { resultsUsed } from './expressions.js';

/** Which tasks must have ended before each of `tasks` can start: by `runAfter` and by the results that it uses. Sorted, each once. */
export function needsOf(spec: WirePipelineSpec): ReadonlyMap<string, readonly string[]> {
  return new Map(spec.tasks.map((task) => [task.name, needsOfTask(task)]));
}

function needsOfTask(task: WirePipelineTask): string[] {
  return [...new Set([...resultsUsed(task).map((used) => used.task), ...(task.runAfter ?? [])])].sort();
}

/** What makes the order of a Pipeline impossible; paths are below the Pipeline. */
export function dagProblems({ tasks, finally: last = [] }: WirePipelineSpec): LocalProblem[] {
  const problems: LocalProblem[] = [];
  const names = new Set<string>();
  const report = (path: string, what: string, hint: string) => void problems.push({ path, what, hint });
  for (const [field, list] of Object.entries({ tasks, finally: last })) {
    for (const [index, { name }] of list.entries()) {
      const path = `spec.${field}[${index}].name`;
      if (!name) report(path, 'a task has no name', 'give it one');
      else if (names.has(name)) report(path, `there are two tasks ${name}`, 'give one of them another name');
      names.add(name);
    }
  }
  const own = new Set(tasks.map(({ name }) => name));
  for (const [index, task] of tasks.entries()) {
    for (const need of needsOfTask(task)) {
      if (own.has(need)) continue;
      const why = last.some(({ name }) => name === need) ? ', which runs at the end' : ' that is not there';
      report(
        `spec.tasks[${index}] ${task.name}`,
        `needs the task ${need}${why}`,
        'correct the name in runAfter or in the reference',
      );
    }
  }
  for (const [index, task] of last.entries()) {
    const path = `spec.finally[${index}] ${task.name}`;
    if ((task.runAfter ?? []).length > 0) report(path, 'a finally task has no runAfter', 'remove runAfter');
    for (const { task: need } of resultsUsed(task)) {
      if (own.has(need)) continue;
      report(path, `uses a result of ${need}, which is not in tasks`, 'use results of spec.tasks only');
    }
  }
  const round = cycle(needsOf({ tasks }));
  if (round !== undefined) {
    const index = tasks.findIndex(({ name }) => name === round[0]);
    const hint = 'take one of the edges out: a runAfter, or the use of a result';
    report(`spec.tasks[${index}] ${round[0]}`, `waits for itself: ${[...round, round[0]].join(' needs ')}`, hint);
  }
  return problems;
}

/** Tasks that wait for each other, in the order in which they do; undefined when there are none. Without recursion: chains are long. */
function cycle(needs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const left = new Map([...needs].map(([name, list]) => [name, list.filter((need) => needs.has(need)).length]));
  const users = new Map<string, string[]>();
  for (const [name, list] of needs) {
    for (const need of list) {
      const known = users.get(need);
      if (known === undefined) users.set(need, [name]);
      else known.push(name);
    }
  }
  const ready = [...left].filter(([, count]) => count === 0).map(([name]) => name);
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    left.delete(name);
    for (const user of users.get(name) ?? []) {
      const count = (left.get(user) ?? 0) - 1;
      left.set(user, count);
      if (count === 0) ready.push(user);
    }
  }
  let [at] = left.keys();
  const way: string[] = [];
  while (at !== undefined && !way.includes(at)) {
    way.push(at);
    at = needs.get(at)?.find((need) => left.has(need));
  }
  return at === undefined ? undefined : way.slice(way.indexOf(at));
}
