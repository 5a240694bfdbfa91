import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import { splitLines } from '../../kit/process/split-lines.js';
import type { Connections, Stream } from './connections.js';
import { failureOfAnswer, failureOfConnection, type Operation } from './explain.js';

const event = v.object({ type: v.string(), object: v.unknown() });
/** One change. Source: the API concepts of Kubernetes, "Efficient detection of changes". */
export type WatchEvent = v.InferOutput<typeof event>;

/** How a watch ended: `over` after a while, as every watch does, `cut` at once, `expired` because its history is gone. */
export type Watched = 'over' | 'cut' | 'expired';

interface Watching {
  readonly signal: AbortSignal;
  /** Milliseconds after which the connection counts as dead. */
  readonly patience: number;
  /** @returns whether it changes anything */
  readonly onEvent: (event: WatchEvent) => boolean;
  /** Called once for all changes that arrived together. */
  readonly onChange: () => void;
}

/** Reads one watch until it ends. @throws OpError, what a listener throws, or the signal's reason */
export async function watch(
  connections: Connections,
  operation: Operation,
  path: string,
  { signal, patience, onEvent, onChange }: Watching,
): Promise<Watched> {
  const { status, body }: Stream = await connections.open(path, signal).catch((error: unknown) => {
    throw signal.aborted || !(error instanceof Error) ? error : failureOfConnection(operation, error);
  });
  if (status === 410) {
    body.destroy();
    return 'expired';
  }
  if (status !== 200) throw failureOfAnswer(operation, { status, text: await text(body) });
  const started = Date.now();
  return new Promise((done, fail) => {
    let ended: Watched = 'cut';
    let changed = false;
    const dead = setTimeout(() => body.destroy(), patience);
    const guard = (act: () => void) => {
      try {
        act();
      } catch (error) {
        fail(error);
        body.destroy();
      }
    };
    const onLine = (line: string) => {
      // Undefined for half a line of a connection that was cut.
      const read = parseJson(event, line);
      if (read !== undefined && read.type !== 'ERROR') {
        changed = onEvent(read) || changed;
        return;
      }
      // An error ends a watch, nearly always because its history is gone; listing again is right for every one.
      ended = read === undefined ? 'cut' : 'expired';
      body.destroy();
    };
    splitLines(body, (line) => guard(() => onLine(line)));
    // Runs after the listener of splitLines, so the lines of this chunk have been read.
    body.on('data', () => {
      if (changed) guard(onChange);
      changed = false;
    });
    body.on('end', () => {
      if (changed) guard(onChange);
    });
    body.on('error', () => undefined);
    body.on('close', () => {
      clearTimeout(dead);
      // A server that ends each watch at once must not be asked in a tight loop. A load balancer that cuts it after a while is normal.
      if (ended === 'cut' && Date.now() - started > 1000) ended = 'over';
      if (signal.aborted) fail(signal.reason);
      else done(ended);
    });
  });
}
