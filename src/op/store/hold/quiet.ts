import type { Context } from '../../context.js';

/** For a lock whose taking is no news: that somebody else has it is still told, and that nobody did is worth no line. */
export const quietly = (context: Context): Context => ({
  ...context,
  log: { ...context.log, step: context.log.debug },
});
