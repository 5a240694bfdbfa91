import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { failureOf, run } from '../../kit/process/run.js';
import { type BuildKit, certificateFlags, checkAddress, connectionFlags } from './connection.js';
import { explainConnection } from './explain-connection.js';

/** How long a server may take to answer its first request, in milliseconds. */
const checkTimeout = 15_000;

/**
 * Finds a BuildKit server: the named one, else BUILDKIT_HOST, else a usual socket that answers.
 * @returns undefined if there is none
 * @throws OpError (input) for an invalid address, and for missing certificates
 */
export async function findBuildKit(
  context: Context,
  request: {
    readonly host: string | undefined;
    /** Where `host` came from, for messages; `--buildkit-host` when missing. */
    readonly origin?: string | undefined;
    readonly tls: string | undefined;
  },
): Promise<BuildKit | undefined> {
  const { env, cwd } = context;
  const named = request.host
    ? { address: request.host, origin: request.origin ?? '--buildkit-host' }
    : env.BUILDKIT_HOST
      ? { address: env.BUILDKIT_HOST, origin: 'BUILDKIT_HOST' }
      : undefined;
  if (named === undefined) {
    const runtime = env.XDG_RUNTIME_DIR;
    const sockets = ['/run/buildkit/buildkitd.sock', ...(runtime ? [`${runtime}/buildkit/buildkitd.sock`] : [])];
    for (const socket of sockets) {
      if (await answers(socket)) return { address: `unix://${socket}`, tls: undefined, origin: 'the usual socket' };
    }
    return undefined;
  }
  checkAddress(named.address, named.origin);
  const tls = request.tls ? resolve(cwd, request.tls) : undefined;
  if (tls !== undefined) await certificateFlags(tls);
  return { ...named, tls };
}

/**
 * Checks a server by listing its workers.
 * @throws OpError (tool) if it cannot be reached, or one side rejects the other's certificate, with what to do
 */
export async function checkBuildKit(context: Context, buildkit: BuildKit): Promise<void> {
  const args = [...(await connectionFlags(buildkit)), 'debug', 'workers'];
  const command = { program: 'buildctl', args, timeout: checkTimeout };
  const ended = await run(context, command);
  if (ended.ended === 'ok') return;
  if (ended.ended === 'missing') throw failureOf(command, ended, { what: 'cannot connect to BuildKit', hint: '' });
  const output = ended.ended === 'deadline' ? `no answer within ${checkTimeout / 1000} s` : ended.stderr;
  throw explainConnection(buildkit, output);
}

const answers = (socket: string) =>
  new Promise<boolean>((done) => {
    const connection = createConnection(socket);
    const end = (answer: boolean) => {
      connection.destroy();
      done(answer);
    };
    connection.once('connect', () => end(true)).once('error', () => end(false));
    connection.setTimeout(2000, () => end(false));
  });
