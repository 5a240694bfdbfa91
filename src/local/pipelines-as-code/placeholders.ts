/** The `{{ name }}` of Pipelines-as-Code. Source: pkg/templates and pkg/customparams/standard.go of it. */

/** A template, filled. */
export interface Filled {
  /** A placeholder whose value is not known is a mark in it: see `unmarked`. */
  readonly text: string;
  /** The names of those, by the number of their mark. */
  readonly unknown: readonly string[];
  /** Names that stay as they are, and look like params of a Repository. */
  readonly left: readonly string[];
}

const placeholder = /\{\{([^}]{2,})\}\}/gu;

/** Names that Pipelines-as-Code fills for every event. */
const standardNames = [
  ...['revision', 'repo_url', 'repo_owner', 'repo_name', 'source_branch', 'target_branch', 'source_url', 'git_tag'],
  ...['sender', 'event', 'event_type', 'target_namespace', 'trigger_comment', 'pull_request_number'],
  ...['pull_request_labels', 'git_auth_secret'],
] as const;

/** Expressions over the event that a Git server sends. */
const isExpression = (name: string) => /^(?:body|headers|files|cel:)/u.test(name);

/** The names of the placeholders in a text, each once. */
export const placeholdersIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(placeholder)].map(([, inside = '']) => inside.trim())),
];

/** Characters for private use: YAML takes them in any text, and no document has them. */
const [open, close] = ['\ue000', '\ue001'];
const mark = /\ue000(\d+)\ue001/gu;

/**
 * Fills a file before it is read as YAML, as Pipelines-as-Code does. What neither it nor we know stays as it is: it may be meant for
 * another program, such as a Go template in a script.
 */
export function fillPlaceholders(text: string, values: ReadonlyMap<string, string>): Filled {
  const unknown: string[] = [];
  const left = new Set<string>();
  const filled = text.replace(placeholder, (whole, inside: string) => {
    const name = inside.trim();
    const value = values.get(name);
    if (value !== undefined) return value;
    if (!isExpression(name) && !standardNames.some((known) => known === name)) {
      if (/^[a-z][\w-]*$/iu.test(name)) left.add(name);
      return whole;
    }
    return `${open}${unknown.push(name) - 1}${close}`;
  });
  return { text: filled, unknown, left: [...left] };
}

/** The names that are marked in a text. */
export const marksIn = (text: string, unknown: readonly string[]): readonly string[] =>
  [...text.matchAll(mark)].flatMap(([, index]) => unknown[Number(index)] ?? []);

/** A text with placeholders for marks. */
export const unmarked = (text: string, unknown: readonly string[]): string =>
  text.replace(mark, (_, index: string) => `{{ ${unknown[Number(index)] ?? ''} }}`);

/** Why a placeholder has no value, and how to give it. */
export function explainPlaceholder(name: string): { readonly what: string; readonly hint: string } {
  const [what, example] = isExpression(name)
    ? [`{{ ${name} }} is part of what a Git server sends`, 'VALUE']
    : [`{{ ${name} }} cannot be known from the checkout`, examples[name] ?? 'VALUE'];
  const given = `--event ${/^[\w.]+$/u.test(name) ? `${name}=${example}` : `'${name.replaceAll("'", "'\\''")}=${example}'`}`;
  return { what, hint: `give it with ${given}` };
}

const examples: Readonly<Record<string, string>> = {
  sender: 'LOGIN',
  pull_request_number: '1',
  target_branch: 'main',
  source_branch: 'BRANCH',
  revision: 'COMMIT',
  repo_url: 'https://HOST/OWNER/NAME',
  source_url: 'https://HOST/OWNER/NAME',
};
