import * as v from 'valibot';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath } from '../../kit/config/yaml-text.js';
import { cosignKinds, type referrerChoice } from '../mirror-file/referrer-choice.js';
import { isGiven, isTrue, orNothing, type problemsIn } from './imported.js';

type ReferrersGiven = v.InferInput<typeof referrerChoice>;

const kindForm = /^[!-~]+\/[!-~]+$/u;
const filters = orNothing(
  v.array(
    v.looseObject(
      { artifactType: v.optional(v.string('must be a text'), ''), annotations: v.optional(v.unknown()) },
      'must be an object',
    ),
    'must be a list',
  ),
);

type Fields = Readonly<Record<string, unknown>>;

/** Reads `referrers` and `digestTags` of a step, or of the defaults for what it does not say itself. */
export function referrersOf(
  step: Fields,
  path: YamlPath,
  defaults: Fields,
  at: ReturnType<typeof problemsIn>,
): {
  readonly referrers?: ReferrersGiven;
  readonly refused: readonly YamlProblem[];
  readonly warnings: readonly YamlProblem[];
} {
  const given = (field: string): { readonly value: unknown; readonly place: YamlPath } =>
    isGiven(step[field])
      ? { value: step[field], place: [...path, field] }
      : { value: defaults[field], place: ['defaults', field] };
  const on = (field: string): boolean => {
    const { value } = given(field);
    return typeof value === 'string' && isTrue(value);
  };
  const byTag = on('digestTags');
  const other = at(
    given('digestTags').place,
    'brings the tags of cosign: .sig, .att and .sbom; others that are named for a digest are left out',
  );
  if (!on('referrers')) {
    return byTag
      ? { referrers: { copy: [...cosignKinds] }, refused: [], warnings: [other] }
      : { refused: [], warnings: [] };
  }
  const elsewhere = ['referrerSource', 'referrerTarget'].filter((field) => isGiven(given(field).value));
  const refused = elsewhere.map((field) =>
    at(given(field).place, 'keeps referrers in another place than the images, which op does not'),
  );
  const kinds = given('referrerFilters');
  const read = v.safeParse(filters, kinds.value);
  if (!read.success) return { refused: [...refused, at(kinds.place, 'must be a list of objects')], warnings: [] };
  const list = read.output ?? [];
  const unclear = list.some(({ artifactType, annotations }) => isGiven(annotations) || !kindForm.test(artifactType));
  if (unclear) {
    refused.push(at(kinds.place, 'chooses by something else than artifactType, and a mirror file can only do that'));
  }
  const types = list.map(({ artifactType }) => artifactType);
  if (list.length > 0) {
    return {
      referrers: { copy: [...new Set([...types, ...(byTag ? cosignKinds : [])])] },
      refused,
      warnings: byTag ? [other] : [],
    };
  }
  const more = at(given('referrers').place, 'brings the tags of cosign, .sig, .att and .sbom, too');
  return { referrers: { copy: 'all' }, refused, warnings: [byTag ? other : more] };
}
