import * as v from 'valibot';
import { isNode, LineCounter, parseDocument } from 'yaml';

/** One thing that is wrong with a file. */
export interface YamlProblem {
  readonly line: number;
  /** Such as `sources[2].tags.semver`; empty for the whole file. */
  readonly path: string;
  readonly what: string;
}

/** What a YAML file holds, or everything that is wrong with it. */
export type YamlRead<Value> =
  | {
      readonly value: Value /** The line of a path such as `['sources', 2]`. */;
      readonly lineOf: (path: readonly unknown[]) => number;
    }
  | { readonly problems: readonly YamlProblem[] };

/**
 * Reads one YAML document that must match a schema: every problem at once, each with its line. Anchors and merge keys are followed.
 * Messages of the schema start in lower case and follow the path, such as "must be a number".
 */
export function readYaml<Schema extends v.GenericSchema>(
  schema: Schema,
  content: string,
): YamlRead<v.InferOutput<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, merge: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ code, message, pos: [at] }) => ({
      line: lines.linePos(at).line,
      path: '',
      what: code === 'MULTIPLE_DOCS' ? 'holds several documents' : `is not valid YAML: ${lowerFirst(message)}`,
    }));
    return { problems };
  }
  const lineOf = (path: readonly unknown[]): number => {
    // A field that is missing is where its object is.
    for (let length = path.length; length > 0; length--) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return isNode(document.contents) && document.contents.range ? lines.linePos(document.contents.range[0]).line : 1;
  };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return { problems: [{ line: 1, path: '', what: error instanceof Error ? error.message : String(error) }] };
  }
  // Valibot accepts an array as an object.
  if (Array.isArray(value))
    return { problems: [{ line: lineOf([]), path: '', what: 'must be an object, not a list' }] };
  const read = v.safeParse(schema, value);
  if (read.success) return { value: read.output, lineOf };
  const problems = read.issues.map((issue) => ({ line: lineOf(keysOf(issue)), ...describeIssue(issue) }));
  return { problems: problems.toSorted((one, other) => one.line - other.line) };
}

const keysOf = ({ path }: v.BaseIssue<unknown>): readonly unknown[] => path?.map(({ key }) => key) ?? [];

/** The first sentence of what the reader of YAML says. */
function lowerFirst(message: string): string {
  const [sentence = message] = message.split(/ at line|\n/u);
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}

/** The path of an issue of valibot, such as `sources[2].tags.semver`, and what is wrong there. */
export function describeIssue(issue: v.BaseIssue<unknown>): Omit<YamlProblem, 'line'> {
  const path = keysOf(issue)
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./u, '');
  return { path, what: whatIs(issue) };
}

function whatIs(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'is unknown';
  if (issue.kind === 'schema' && issue.received === 'undefined') return 'is missing';
  if (issue.type === 'picklist') {
    return `must be one of ${String(issue.expected).replaceAll(/[()"]/gu, '').replaceAll(' | ', ', ')}`;
  }
  return issue.message;
}
