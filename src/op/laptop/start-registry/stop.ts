import type { Context } from '../../context.js';
import { findRegistry } from './find.js';
import { startCommand } from './registry.js';
import { removeContainer } from './registry-container.js';
import { stopProcess } from './registry-process.js';
import { lockRegistry, registryPaths } from './state-directory.js';

/**
 * Stops the registry on a port if op started it, and nothing else; its images stay.
 * @throws OpError (tool) when it cannot be stopped
 */
export async function stopRegistry(context: Context, port: number): Promise<void> {
  const { log } = context;
  const paths = registryPaths(context.env, port);
  await using _lock = await lockRegistry(context, paths.lock);
  const { engine, container, process } = await findRegistry(context, paths, port);
  if (process !== undefined) {
    await stopProcess(context, paths, process);
    const stopped = process.running ? 'has stopped' : 'had already stopped';
    log.step(
      `the registry on port ${port}, process ${process.pid}, ${stopped}; its images stay in ${process.settings.data}`,
    );
  }
  if (engine !== undefined && container?.settings !== undefined) {
    const { name, settings } = container;
    await removeContainer(context, engine, name);
    const volume = `the volume ${name} (to delete them: ${engine.program} volume rm ${name})`;
    log.step(`removed the container ${name}; its images stay in ${settings.data ?? volume}`);
  } else if (process === undefined) {
    const foreign = container === undefined ? '' : `; op did not create the container ${container.name}`;
    log.step(`op has no registry on port ${port}: nothing to stop${foreign}`);
  }
  log.step(`next: ${startCommand(port, process?.settings ?? container?.settings, paths.data)} starts it again`);
}
