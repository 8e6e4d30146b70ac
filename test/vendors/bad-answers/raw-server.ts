import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What goes over the wire, byte by byte, HTTP's own framing included. */
export interface RawAnswer {
  readonly bytes: readonly (string | Uint8Array)[];
  /** After the bytes: `end` closes the connection properly, `reset` breaks it, `open` says nothing more. */
  readonly ending: 'end' | 'reset' | 'open';
}

export interface RawServer {
  readonly url: string;
  /** How many requests came since `play`. */
  requests(): number;
  /** Sets the answer to the requests from now on. */
  play(answer: RawAnswer): void;
  close(): Promise<void>;
}

/** A server on loopback that may break every rule of HTTP, which Node's own would not let it. */
export async function startRawServer(): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let answer: RawAnswer = { bytes: [], ending: 'end' };
  let requests = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    // The client lets go of many a bad answer before its end.
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (part) => {
      received += part.toString('latin1');
      if (!isWholeRequest(received)) return;
      received = '';
      requests += 1;
      void say(socket, answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    play(next) {
      answer = next;
      requests = 0;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function say(socket: Socket, { bytes, ending }: RawAnswer): Promise<void> {
  for (const part of bytes) await new Promise<void>((written) => socket.write(part, () => written()));
  if (ending === 'end') socket.end();
  if (ending === 'reset') socket.resetAndDestroy();
}

function isWholeRequest(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const head = received.slice(0, headEnd);
  if (/^transfer-encoding: *chunked$/im.test(head)) return received.endsWith('\r\n0\r\n\r\n');
  const [, length = '0'] = /^content-length: *(\d+)$/im.exec(head) ?? [];
  return received.length >= headEnd + 4 + Number(length);
}
