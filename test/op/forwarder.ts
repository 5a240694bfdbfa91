import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './local-registry.js';

/** A connection to a server on loopback that can break. */
export interface Forwarder {
  readonly port: number;
  /** Breaks all connections, and refuses new ones: nothing listens. */
  readonly close: () => void;
  readonly open: () => void;
  readonly stop: () => Promise<void>;
}

/** Forwards a port to another. */
export async function startForwarder(to: number): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const beyond = connect(to, '127.0.0.1');
    for (const socket of [from, beyond]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    from.on('close', () => beyond.destroy());
    beyond.on('close', () => from.destroy());
    from.pipe(beyond).pipe(from);
  });
  const port = await freePort();
  const open = () => void (server.listening || server.listen(port, '127.0.0.1'));
  open();
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    close,
    open,
    stop: async () => {
      if (!server.listening) return;
      close();
      await once(server, 'close');
    },
  };
}
