import { type Rule, whereIs } from '../document.js';

/** Annotations that Artifact Hub and the Tekton catalog read (https://artifacthub.io/docs/topics/repositories/tekton-tasks/). */
const annotations = [
  'tekton.dev/pipelines.minVersion',
  'tekton.dev/displayName',
  'tekton.dev/categories',
  'tekton.dev/tags',
  'tekton.dev/platforms',
] as const;

/** Every Task and Pipeline has the metadata that a catalog shows: version, oldest Tekton, names, categories, platforms, a description. */
export const catalogMetadata =
  (version: string): Rule =>
  (documents) =>
    documents
      .filter(({ object }) => ['Task', 'Pipeline', 'StepAction'].includes(object.kind))
      .flatMap((document) => {
        const { metadata, spec } = document.object;
        const label = metadata.labels?.['app.kubernetes.io/version'];
        const minimum = metadata.annotations?.['tekton.dev/pipelines.minVersion'] ?? '';
        const problems = [
          ...(label === version ? [] : [`label app.kubernetes.io/version is ${label}, not ${version}`]),
          ...annotations.filter((name) => !metadata.annotations?.[name]).map((name) => `no annotation ${name}`),
          ...(minimum === '' || /^\d+\.\d+\.\d+$/u.test(minimum) ? [] : [`pipelines.minVersion is "${minimum}"`]),
          ...(spec?.description ? [] : ['no description']),
        ];
        return problems.map((message) => ({ where: whereIs(document), message }));
      });
