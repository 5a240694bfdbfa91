import type { Env } from '../../kit/config/setting.js';

/** One item of `activation` of a profile: all that it says must hold. */
export interface Condition {
  readonly env?: string | undefined;
  readonly command?: string | undefined;
  readonly kubeContext?: string | undefined;
}

/** A part of a condition that op does not evaluate, for messages too: `the Kubernetes context matches prod`. */
export type Question = string;

/** The commands of Skaffold that op runs. */
export type SkaffoldCommand = 'build' | 'diagnose';

/**
 * Whether the parts of a condition hold for a command of Skaffold. A Kubernetes context, and an expression that Go's engine may read
 * otherwise, is a question.
 * Source: Skaffold, isActivationTriggered, pkg/skaffold/schema/profiles.go.
 */
export function partsOf(
  { env: variable, command, kubeContext }: Condition,
  { command: running, env }: { readonly command: SkaffoldCommand; readonly env: Env },
): readonly (boolean | Question)[] {
  return [
    command ? (matches(command, running) ?? `the command ${running} matches ${command}`) : true,
    variable ? (variableHolds(variable, env) ?? `the environment has ${variable}`) : true,
    kubeContext ? `the Kubernetes context matches ${kubeContext}` : true,
  ];
}

function variableHolds(text: string, env: Env): boolean | undefined {
  const split = text.indexOf('=');
  const [value, actual] = [text.slice(split + 1), env[text.slice(0, split)] ?? ''];
  return value === '' ? actual === '' : matches(value, actual);
}

/** Source: Skaffold's RegexEqual, where only the first exclamation mark negates. @returns undefined for what op does not evaluate */
function matches(expected: string, actual: string): boolean | undefined {
  const negated = expected.startsWith('!');
  const expression = negated ? expected.slice(1) : expected;
  const found = expression === actual || search(expression, actual);
  return found === undefined ? undefined : found !== negated;
}

function search(expression: string, actual: string): boolean | undefined {
  if (!simple.test(expression) || (expression.match(/[*+?]/gu) ?? []).length > 1) return undefined;
  try {
    return new RegExp(expression, 'u').test(actual);
  } catch {
    return undefined;
  }
}

/**
 * Alternatives of characters and sets of characters, of which one may be repeated: all that means the same to Go's engine, and is as fast in
 * JavaScript's, which tries out all ways to match an expression.
 */
const simple =
  /^\^?(?:\((?:\?:)?(?:[^\\^$*+?()[\]{}|\n]|\\[./-]|\[[\w-]+\]|[*+?|])*\)|(?:[^\\^$*+?()[\]{}|\n]|\\[./-]|\[[\w-]+\]|[*+?|])*)\$?$/u;
