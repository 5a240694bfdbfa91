import * as v from 'valibot';
import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath, YamlText } from '../../kit/config/yaml-text.js';
import type { PlatformChoice, TagSelection } from '../mirror-file/read.js';
import type { referrerChoice } from '../mirror-file/referrer-choice.js';

/** What one entry of another tool's file becomes in a mirror file. */
export interface ImportedSource {
  /** A repository, or with a tag or a digest exactly one image. */
  readonly from: string;
  /** Undefined: the destination that the person has given. */
  readonly to?: string | undefined;
  readonly tags?: TagSelection | undefined;
  readonly digests?: readonly string[] | undefined;
  readonly platforms?: PlatformChoice | undefined;
  readonly referrers?: v.InferInput<typeof referrerChoice> | undefined;
  /** Lines of the other tool's file; those of `tags.exact` and `digests` are in their order. */
  readonly line: number;
  readonly itemLines?: readonly number[];
}

/** A part of a file that can be left out without a change of the rest. */
export interface ImportedEntry {
  readonly line: number;
  readonly sources: readonly ImportedSource[];
  /** Why a mirror file cannot say the same. */
  readonly refused: readonly YamlProblem[];
  /** What is not quite the same, but near enough. */
  readonly warnings?: readonly YamlProblem[];
}

/** A registry that needs more than a name. */
export interface ImportedRegistry {
  readonly host: string;
  readonly insecure: boolean;
  readonly line: number;
}

/** What was read of another tool's file. */
export interface Imported {
  readonly entries: readonly ImportedEntry[];
  /** Why a mirror file cannot say the same as a setting for all entries: without it, the entries are the same but for that. */
  readonly settings?: readonly YamlProblem[];
  readonly registries: readonly ImportedRegistry[];
  readonly parallel?: number | undefined;
  /** What is left out without a change of what is copied. */
  readonly warnings: readonly YamlProblem[];
}

/** `sync[2].tags.allow[0]` */
export const pathText = (path: YamlPath): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./u, '');

/** Gives a problem its place. */
export const problemsIn =
  ({ lineOf }: Pick<YamlText, 'lineOf'>) =>
  (path: YamlPath, what: string): YamlProblem => ({ line: lineOf(path), path: pathText(path), what });

/** Whether a value that was read as text is there: an object, a list, or a text that is not empty. */
export const isGiven = (value: unknown): boolean =>
  typeof value === 'string' ? value !== '' : Array.isArray(value) ? value.length > 0 : value !== undefined;

/** Whether a text means yes, in YAML 1.1 or 1.2. */
export const isTrue = (text: string | undefined): boolean => /^(?:true|yes|on|y)$/iu.test(text ?? '');

/** A value that may be missing or empty: tools take `key:` without a value for no key. */
export const orNothing = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.optional(
    v.pipe(
      v.unknown(),
      // Valibot takes a list for an object.
      v.check((value) => !Array.isArray(value) || schema.type === 'array', 'must not be a list'),
      v.transform((value) => (value === '' ? undefined : value)),
      v.optional(schema),
    ),
  );
