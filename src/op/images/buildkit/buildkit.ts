import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { failureOf, run } from '../../kit/process/run.js';
import { checkAddress } from './address.js';
import { certificateFlags } from './certificates.js';
import { explainConnection } from './explain-connection.js';

/** A buildkitd and how it is reached. */
export interface BuildKit {
  /** `tcp://HOST:PORT`, `unix:///path`: what `buildctl --addr` takes. */
  readonly address: string;
  /** Directory with ca.pem, cert.pem and key.pem (or ca.crt, tls.crt, tls.key: a kubernetes.io/tls Secret); undefined for none. */
  readonly tls: string | undefined;
  /** Where the address came from, for messages: `--buildkit-host`, `BUILDKIT_HOST`, `the usual socket`. */
  readonly origin: string;
}

/** Milliseconds that a server has to answer its first question. */
const patience = 15_000;

/**
 * Finds a builder: the one that is named, else BUILDKIT_HOST, else a usual socket that answers.
 * @returns undefined when there is none
 * @throws OpError (input) for a malformed address, and for missing certificates
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

/** The flags of buildctl that reach it; they stand before the command. @throws OpError (input) for missing certificates */
export const connectionFlags = async ({ address, tls }: BuildKit): Promise<readonly string[]> => [
  '--addr',
  address,
  ...(tls === undefined ? [] : await certificateFlags(tls)),
];

/**
 * Asks it for its workers.
 * @throws OpError (tool) when it cannot be reached, or one side refuses the other's certificate, with what to do
 */
export async function checkBuildKit(context: Context, buildkit: BuildKit): Promise<void> {
  const args = [...(await connectionFlags(buildkit)), 'debug', 'workers'];
  const command = { program: 'buildctl', args, timeout: patience };
  const ended = await run(context, command);
  if (ended.ended === 'ok') return;
  if (ended.ended === 'missing') throw failureOf(command, ended, { what: 'cannot speak to BuildKit', hint: '' });
  const said = ended.ended === 'deadline' ? `no answer within ${patience / 1000} s` : ended.stderr;
  throw explainConnection(buildkit, said);
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
