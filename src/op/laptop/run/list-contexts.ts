import type { Context } from '../../context.js';
import { table } from '../../kit/log/format.js';
import { readRepository, settingsFor } from './contexts.js';
import { inferPort } from './infer-port.js';
import type { RunRequest } from './options.js';
import { planPorts } from './ports.js';

/**
 * Prints the contexts that can be run. `json` gives a list of `{context, image, ports, port, run}`: the configured ports or null, the
 * value of PORT, and the argument for `op run`.
 * @throws OpError (input)
 */
export async function listContexts(outer: Context, request: RunRequest, form: 'text' | 'json'): Promise<void> {
  const { context, runnables, file } = await readRepository(outer, request);
  const rows = await Promise.all(
    runnables.map(async (runnable) => {
      const { ports, env } = settingsFor(runnable, runnables, file);
      const plan = planPorts({ ports, origin: file.name }, env.PORT ?? undefined, await inferPort(runnable.artifact));
      const shared = runnables.filter(({ name }) => name === runnable.name).length > 1;
      const { image } = runnable.artifact;
      const published = ports?.join(', ') ?? plan.mappings[0]?.container;
      return {
        context: runnable.name,
        image,
        ports: ports ?? null,
        port: plan.port,
        run: shared ? image : runnable.name,
        shown: ports?.length === 0 ? 'none' : `${published} (${plan.origin})`,
      };
    }),
  );
  if (form === 'json') {
    return context.out(
      `${JSON.stringify(
        rows.map(({ shown, ...row }) => row),
        undefined,
        2,
      )}\n`,
    );
  }
  const ambiguous = rows.some(({ context, run }) => context !== run);
  const use = ambiguous ? '<context>, or op run <image> when several images share a context' : '<context>';
  const cells = rows.map(({ context, image, shown }) => [`  ${context}`, image, shown]);
  context.out(`Contexts (use: op run ${use}):\n${table([['  CONTEXT', 'IMAGE', 'PORT'], ...cells])}\n`);
}
