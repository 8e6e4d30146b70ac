import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

export interface Listeners {
  /** The same on 127.0.0.1 and on ::1. */
  readonly port: number;
  /** Connections of both since the last time somebody asked. */
  visits(): number;
  close(): Promise<void>;
}

/** Listens on both loopback addresses, counts who comes, and answers whatever is asked. */
export async function startListeners(): Promise<Listeners> {
  let visits = 0;
  const listen = async (host: string, port: number): Promise<Server> => {
    const server = createServer((socket) => {
      visits += 1;
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    });
    server.listen(port, host);
    await once(server, 'listening');
    return server;
  };
  const four = await listen('127.0.0.1', 0);
  const { port } = four.address() as AddressInfo;
  const servers = [four, await listen('::1', port)];
  return {
    port,
    visits() {
      const seen = visits;
      visits = 0;
      return seen;
    },
    async close() {
      await Promise.all(servers.map((server) => (server.close(), once(server, 'close'))));
    },
  };
}
