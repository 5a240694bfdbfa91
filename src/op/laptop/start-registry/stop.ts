import type { Context } from '../../context.js';
import { removeContainer } from './container-registry.js';
import { withLock } from './lock.js';
import { lookAround } from './look.js';
import { placesOf } from './places.js';
import { stopProcess } from './process-registry.js';
import { commandFor } from './request.js';

/**
 * Ends the registry of a port that op started, and nothing else; its images stay. Where there is none, it says so.
 * @throws OpError (tool) when it cannot be ended
 */
export async function stopRegistry(context: Context, port: number): Promise<void> {
  const { log } = context;
  const places = placesOf(context.env, port);
  await withLock(context, places.lock, async () => {
    const { engine, container, process: found } = await lookAround(context, places, port, 'auto');
    if (found !== undefined) {
      await stopProcess(context, places, found);
      const { pid, data } = found.state;
      log.step(
        `the registry on port ${port}, process ${pid}, ${found.alive ? 'has ended' : 'had ended before'}; its images stay in ${data}`,
      );
    }
    if (engine !== undefined && container?.settings !== undefined) {
      await removeContainer(context, engine, container.name);
      const volume = `the volume ${container.name} (to remove them: ${engine.program} volume rm ${container.name})`;
      log.step(`the container ${container.name} is gone; its images stay in ${container.settings.data ?? volume}`);
    } else if (found === undefined) {
      const other = container === undefined ? '' : `; the container ${container.name} is somebody else's`;
      log.step(`op has no registry on port ${port}: nothing to end${other}`);
    }
    log.step(`next: ${commandFor(port, found?.state ?? container?.settings, places.data)} starts it again`);
  });
}
