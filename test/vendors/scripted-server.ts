import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request, byte by byte. */
export interface Script {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written one after the other, each as its own chunk. */
  readonly chunks?: readonly (string | Uint8Array)[];
  /**
   * After the chunks: `end` closes the body properly, `reset` breaks the connection, `hang` says nothing more, `silence`
   * does not even send the headers, `drop` breaks the connection before them.
   */
  readonly ending?: 'end' | 'reset' | 'hang' | 'silence' | 'drop';
}

export interface SeenRequest {
  /** The port the client came from: the same one means the same connection. */
  readonly port: number | undefined;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: SeenRequest[];
  /** Resolves with the first request since `play`. */
  requested(): Promise<void>;
  /** Resolves when the client has let go of a request that was not answered to its end. */
  abandoned(): Promise<void>;
  /** Sets what happens to the requests from now on, and forgets those seen. */
  play(script: Script): void;
  close(): Promise<void>;
}

/** An HTTP server on loopback that answers every request as it was told. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  let script: Script = {};
  let [abandoned, abandon] = latch();
  let [requested, arrive] = latch();
  const server = createServer((request, response) => {
    request.setEncoding('utf8');
    let text = '';
    request.on('data', (part: string) => (text += part));
    response.on('close', () => response.writableFinished || abandon());
    request.on('end', () => {
      const body = toBody(text, request.headers['content-type']);
      requests.push({
        port: request.socket.remotePort,
        path: request.url ?? '',
        headers: request.headers,
        body,
      });
      arrive();
      void perform(script, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    requested: () => requested,
    abandoned: () => abandoned,
    play(next) {
      script = next;
      requests.length = 0;
      [abandoned, abandon] = latch();
      [requested, arrive] = latch();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Calls send JSON, token requests a form. */
function toBody(text: string, type = ''): SeenRequest['body'] {
  if (text === '') return {};
  return /form-urlencoded/.test(type)
    ? Object.fromEntries(new URLSearchParams(text))
    : (JSON.parse(text) as SeenRequest['body']);
}

async function perform(script: Script, response: ServerResponse): Promise<void> {
  const { ending = 'end' } = script;
  if (ending === 'silence') return;
  if (ending === 'drop') return void response.socket?.resetAndDestroy();
  response.writeHead(script.status ?? 200, { 'content-type': 'application/json', ...script.headers });
  response.flushHeaders();
  for (const chunk of script.chunks ?? []) await new Promise((written) => response.write(chunk, written));
  if (ending === 'end') response.end();
  if (ending === 'reset') response.socket?.resetAndDestroy();
}

function latch(): [Promise<void>, () => void] {
  let open = (): void => {};
  return [new Promise<void>((resolve) => (open = resolve)), () => open()];
}
