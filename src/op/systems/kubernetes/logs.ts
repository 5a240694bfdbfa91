import { text } from 'node:stream/consumers';
import type { Context } from '../../context.js';
import { splitLines } from '../../kit/process/split-lines.js';
import { pathOf } from './calls.js';
import type { Connections, Stream } from './connections.js';
import { failureOfAnswer, failureOfConnection } from './explain.js';
import { kinds } from './kind.js';

/** Which log, and how much of it to read. */
export interface LogOptions {
  readonly namespace?: string | undefined;
  /** Required when the pod has several. */
  readonly container?: string | undefined;
  /** The log of the run before the last restart. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  /** Reads until the container ends. */
  readonly follow?: boolean;
  /** Called with each line as it arrives; the text is then not kept. */
  readonly onLine?: (line: string) => void;
}

/** See `KubernetesApi.logs`. */
export async function readLogs(
  { signal }: Context,
  connections: Connections,
  pod: string,
  { namespace = '', container, previous, tailLines, follow, onLine }: LogOptions,
): Promise<string> {
  const operation = { what: `cannot read the log of pod ${pod}`, kind: kinds.pod, namespace };
  const parameters = new URLSearchParams({
    ...(container ? { container } : {}),
    ...(previous ? { previous: 'true' } : {}),
    ...(tailLines === undefined ? {} : { tailLines: String(tailLines) }),
    ...(follow ? { follow: 'true' } : {}),
  });
  const path = `${pathOf(kinds.pod, namespace, pod)}/log?${parameters}`;
  const failed = (error: unknown): never => {
    if (signal.aborted) throw signal.reason;
    throw error instanceof Error ? failureOfConnection(operation, error) : error;
  };
  const { status, body }: Stream = await connections.open(path, signal).catch(failed);
  if (status >= 300) throw failureOfAnswer(operation, { status, text: await text(body).catch(failed) });
  if (onLine === undefined) return text(body).catch(failed);
  splitLines(body, onLine);
  await new Promise<void>((done, fail) => body.once('error', fail).once('close', done)).catch(failed);
  return '';
}
