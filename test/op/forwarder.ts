import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './local-registry.js';

/** A connection to a server on loopback that can break. */
export interface Forwarder {
  readonly port: number;
  /** Breaks all connections, and refuses new ones. */
  readonly close: () => void;
  readonly open: () => void;
  readonly stop: () => Promise<void>;
}

/** Forwards a port to another. */
export async function startForwarder(to: number): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server = createServer((from) => {
    if (!isOpen) return void from.destroy();
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
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    close,
    open: () => {
      isOpen = true;
    },
    stop: async () => {
      close();
      server.close();
      await once(server, 'close');
    },
  };
}
