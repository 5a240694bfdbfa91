import { text } from 'node:stream/consumers';
import type { Context } from '../../context.js';
import { splitLines } from '../../kit/process/split-lines.js';
import { pathOf } from './calls.js';
import { failureOfAnswer, failureOfConnection } from './explain.js';
import { kinds } from './kind.js';
import type { Connections, Stream } from './send.js';

/** Which log, and how much of it. */
export interface LogOptions {
  readonly namespace?: string | undefined;
  /** Needed when the pod has several. */
  readonly container?: string | undefined;
  /** Of the container's run before the last restart. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  /** Until the container ends. */
  readonly follow?: boolean;
  /** Each line as it comes; the text is not kept then. */
  readonly onLine?: (line: string) => void;
}

/** See `KubernetesApi.logs`. */
export async function readLogs(
  { signal }: Context,
  connections: Connections,
  pod: string,
  { namespace = '', container, previous, tailLines, follow, onLine }: LogOptions,
): Promise<string> {
  const asked = { what: `cannot read the log of pod ${pod}`, kind: kinds.pod, namespace };
  const parameters = new URLSearchParams({
    ...(container ? { container } : {}),
    ...(previous ? { previous: 'true' } : {}),
    ...(tailLines === undefined ? {} : { tailLines: String(tailLines) }),
    ...(follow ? { follow: 'true' } : {}),
  });
  const path = `${pathOf(kinds.pod, namespace, pod)}/log?${parameters}`;
  const failed = (error: unknown): never => {
    if (signal.aborted) throw signal.reason;
    throw error instanceof Error ? failureOfConnection(asked, error) : error;
  };
  const { status, body }: Stream = await connections.open(path, signal).catch(failed);
  if (status >= 300) throw failureOfAnswer(asked, { status, text: await text(body).catch(failed) });
  if (onLine === undefined) return text(body).catch(failed);
  splitLines(body, onLine);
  await new Promise<void>((done, fail) => body.once('error', fail).once('close', done)).catch(failed);
  return '';
}
