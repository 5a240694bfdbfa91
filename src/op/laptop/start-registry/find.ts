import type { Context } from '../../context.js';
import { type ContainerEngine, detectEngine, type EngineName } from '../container-engine.js';
import { findContainer, type RegistryContainer } from './registry-container.js';
import { findProcess, type RegistryProcess } from './registry-process.js';
import type { RegistryPaths } from './state-directory.js';

/** What exists of the registry on a port before op changes anything. */
export interface FoundRegistry {
  /** The container engine that answers. */
  readonly engine: ContainerEngine | undefined;
  readonly container: RegistryContainer | undefined;
  readonly process: RegistryProcess | undefined;
}

/** Looks for a registry that op started on a port, as a container or as a process. */
export async function findRegistry(
  context: Context,
  paths: RegistryPaths,
  port: number,
  wanted: EngineName | 'auto' = 'auto',
): Promise<FoundRegistry> {
  const [detected, process] = await Promise.all([detectEngine(context, wanted), findProcess(context, paths)]);
  const engine = 'program' in detected ? detected : undefined;
  return { engine, container: engine && (await findContainer(context, engine, port)), process };
}
