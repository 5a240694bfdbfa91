/** The annotations of Pipelines-as-Code. Source: pkg/matcher of it. */

export const group = 'pipelinesascode.tekton.dev/';

export const isOwn = (annotation: string): boolean => annotation.startsWith(group);

export type Annotations = Readonly<Record<string, string>>;

/** Those of Pipelines-as-Code, if there are any. */
export function ownAnnotations(annotations: Annotations = {}): Annotations | undefined {
  const own = Object.entries(annotations).filter(([key]) => isOwn(key));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** Where a Task or Pipeline is, as an annotation says it. */
export interface Item {
  readonly annotation: string;
  readonly value: string;
}

/** The items of `task`, `task-1`, `task-2` …: `git-clone`, or `[a, b]`. Undefined for a value in no such form. */
export const taskItems = (annotations: Annotations | undefined) => itemsOf(annotations, /^task(?:-[0-9]+)?$/u);

/** The item of `pipeline`. */
export const pipelineItems = (annotations: Annotations | undefined) => itemsOf(annotations, /^pipeline$/u);

function itemsOf(annotations: Annotations = {}, wanted: RegExp): readonly (Item | { readonly wrong: string })[] {
  return Object.entries(annotations)
    .filter(([key]) => isOwn(key) && wanted.test(key.slice(group.length)))
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .flatMap(([annotation, text]): readonly (Item | { readonly wrong: string })[] => {
      const values = valuesIn(text);
      return values === undefined ? [{ wrong: annotation }] : values.map((value) => ({ annotation, value }));
    });
}

/** A comma in a value is written `&#44;`. Source: getAnnotationValues of annotation_matcher.go. */
export function valuesIn(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  const list = /^\[(.*)\]$/su.exec(trimmed)?.[1];
  if (list === undefined && /[[\]\s]/u.test(trimmed)) return undefined;
  const values = (list === undefined ? [trimmed] : list.split(',')).map((value) =>
    value.trim().replaceAll('&#44;', ','),
  );
  return values[0] === '' ? undefined : values.filter(Boolean);
}
