import { dirname } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { masking } from '../../kit/log/masking.js';
import { printable } from '../../kit/log/printable.js';
import type { RepositoryDefinition } from '../author/release.js';
import { effectsOf } from './effects.js';
import { ProgramError, runHelper } from './helper.js';

/** At the top of a repository: what all its releases in Starlark share. */
export const starlarkRepositoryFile = 'repo.ocu.star';

const store = v.union([v.object({ fs: v.string() }), v.object({ git: v.string(), branch: v.optional(v.string()) })]);
const settings = v.object({
  alias: v.string(),
  state: v.optional(store),
  intent: v.optional(store),
  trigger: v.boolean(),
});

const storeOf = (given: v.InferOutput<typeof store>): string =>
  'fs' in given ? `directory:${given.fs}` : `git:${given.git}${given.branch === undefined ? '' : `#${given.branch}`}`;

/** Reads `repo.ocu.star`. @param file its path @throws OpError (input) with `file:line:column` when it is not valid */
export async function starlarkRepository(context: Context, file: string): Promise<RepositoryDefinition> {
  const root = dirname(file);
  const { secret, masked } = masking();
  const path = starlarkRepositoryFile;
  const base = { repo: '', path, release: '' };
  const effects = effectsOf({
    context,
    root,
    directory: root,
    base,
    log: (text) => context.log.debug(`${path}: ${masked(printable(text))}`),
    secret,
    tag: () => {},
    valueNow: async () => undefined,
  });
  try {
    const read = v.parse(settings, await runHelper(context, { do: 'repository', file: path }, effects));
    const { alias, state, intent, trigger } = read;
    return {
      octopipeline: 'repository',
      ...(alias === '' ? {} : { alias }),
      ...(state === undefined ? {} : { state: storeOf(state) }),
      ...(intent === undefined ? {} : { intent: storeOf(intent) }),
      ...(trigger
        ? {
            trigger: async ({ commit, log: tell }) => {
              const { secret, masked } = masking();
              const log = (text: string) => tell(masked(printable(text)));
              const room = {
                context,
                root: root,
                directory: root,
                base,
                log,
                secret,
                tag: () => {},
                valueNow: async () => undefined,
              };
              await runHelper(context, { do: 'trigger', file: path, commit }, effectsOf(room)).catch(
                (error: unknown) => {
                  throw error instanceof ProgramError ? new ProgramError(masked(error.message)) : error;
                },
              );
            },
          }
        : {}),
    };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw inputError({ what: `${path} is not valid`, why: masked(error.message), hint: 'correct the file' });
  }
}
