import type { Documents, LocalRun } from '../documents/read.js';
import { type Annotations, group, ownAnnotations, valuesIn } from './annotations.js';

/**
 * The documents without those PipelineRuns that Pipelines-as-Code does not start for an event, where it starts others.
 * @param considered the runs among which one is to be chosen
 * @param values of the event
 */
export function startedBy(
  documents: Documents,
  considered: (run: LocalRun) => boolean,
  values: ReadonlyMap<string, string>,
): Documents {
  const choice = documents.runs.filter(considered);
  const matching = choice.filter((run) => matches(ownAnnotations(run.metadata.annotations), values));
  if (choice.length < 2 || matching.length === 0) return documents;
  return { ...documents, runs: documents.runs.filter((run) => !choice.includes(run) || matching.includes(run)) };
}

/** Source: MatchPipelinerunByAnnotation of pkg/matcher/annotation_matcher.go. A CEL expression may match: it is not evaluated here. */
function matches(annotations: Annotations = {}, values: ReadonlyMap<string, string>): boolean {
  if (annotations[`${group}on-cel-expression`] !== undefined) return true;
  const events = valuesIn(annotations[`${group}on-event`] ?? '') ?? [];
  const branches = valuesIn(annotations[`${group}on-target-branch`] ?? '') ?? [];
  const event = values.get('event') ?? '';
  const branch = values.get('target_branch');
  const wanted = event === 'incoming' ? ['incoming', 'push'] : [event];
  const branchFits = branch === undefined || branches.some((pattern) => fits(pattern, branch));
  return events.some((one) => wanted.includes(one)) && branchFits;
}

/** `*` stands for any characters, slashes too, and `?` for one; other patterns are compared as they are. */
function fits(pattern: string, branch: string): boolean {
  const full = (text: string) => (/^refs\/(?:heads|tags)\//u.test(text) ? text : `refs/heads/${text}`);
  const written = full(pattern)
    .replace(/[.+^$()|[\]{}\\]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${written}$`, 'su').test(full(branch));
}
