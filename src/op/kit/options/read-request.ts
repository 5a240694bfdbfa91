import { usageError } from '../errors/op-error.js';
import { flagNameOf, type Options, type RequestOf } from './option.js';

/** What was typed for each option, by its name or alias in camel case. */
export type GivenTexts = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Builds a request from texts. Empty means not given: Tekton passes an unset param as `--flag=`, and the path of an unbound workspace
 * as an empty string. An option takes precedence over its aliases.
 * @param command for the message about a missing option
 * @throws OpError (usage) when a required option is missing
 */
export function readRequest<const O extends Options>(command: string, options: O, given: GivenTexts): RequestOf<O> {
  const values = Object.entries(options).map(([name, option]) => {
    const texts = [name, ...(option.aliases ?? [])]
      .map((key) => (given[key] ?? []).filter((text) => text !== ''))
      .find((found) => found.length > 0);
    if (option.required !== undefined && texts === undefined) {
      throw usageError({ what: `op ${command} needs --${flagNameOf(name)}`, ...option.required });
    }
    return [name, option.valueOf(texts ?? [])] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as RequestOf<O>;
}
