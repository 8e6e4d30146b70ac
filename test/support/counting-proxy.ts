import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Between a client and Postgres: counts answered questions, so that a test can say how many round trips there were. */
export interface CountingProxy {
  readonly port: number;
  /** Questions that Postgres has answered since the last reset, the greeting of a connection not among them. */
  answered(): number;
  /** What clients have said since, byte by byte. */
  sent(): string;
  reset(): void;
  close(): Promise<void>;
}

const readyForQuery = 'Z'.charCodeAt(0);

export async function startCountingProxy(targetPort: number): Promise<CountingProxy> {
  let answered = 0;
  let sent = '';
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    const count = countReady();
    let greeted = false;
    client.on('data', (chunk: Buffer) => (sent += chunk.toString('latin1')));
    client.pipe(target);
    target.on('data', (chunk: Buffer) => {
      let ready = count(chunk);
      if (ready > 0 && !greeted) {
        greeted = true;
        ready -= 1;
      }
      answered += ready;
      client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    answered: () => answered,
    sent: () => sent,
    reset() {
      answered = 0;
      sent = '';
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads the frames of Postgres' protocol (a letter, four bytes of length, a body) and counts "ready for query". */
function countReady(): (chunk: Buffer) => number {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    let count = 0;
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const length = 1 + rest.readInt32BE(1);
      if (rest.length < length) break;
      if (rest[0] === readyForQuery) count += 1;
      rest = rest.subarray(length);
    }
    return count;
  };
}
