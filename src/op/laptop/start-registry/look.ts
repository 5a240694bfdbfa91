import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { type ContainerEngine, type Engine, lookForEngine } from '../run/engine.js';
import { answers } from './answer.js';
import { type FoundContainer, findContainer } from './find-container.js';
import { caPlaces, type Places } from './places.js';
import { type FoundProcess, findProcess } from './process-registry.js';

/** What there is of a port's registry before anything is done. */
export interface Around {
  /** The container engine that answers. */
  readonly engine: Engine | undefined;
  readonly container: FoundContainer | undefined;
  readonly process: FoundProcess | undefined;
}

/** Looks for a registry that op started, as a container or as a process. */
export async function lookAround(
  context: Context,
  places: Places,
  port: number,
  wanted: ContainerEngine | 'auto',
): Promise<Around> {
  const [found, process] = await Promise.all([lookForEngine(context, wanted), findProcess(context, places)]);
  const engine = 'program' in found ? found : undefined;
  return { engine, container: engine && (await findContainer(context, engine, port)), process };
}

/** Whether a registry of op's answers where it should. */
export async function itAnswers(context: Context, settings: { listen: string; port: number; tls: string | null }) {
  const { listen, port, tls } = settings;
  const ca = tls === null ? undefined : await readFile(caPlaces(context.env).certificate, 'utf8').catch(() => '');
  return answers({ listen, port, ca });
}
