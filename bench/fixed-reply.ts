import { once } from 'node:events';
import { createServer, request as sendRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A server that thinks of nothing: the stand-in vendors answer the first request to a path, and it repeats that answer. */
export interface FixedReply {
  readonly origin: string;
  close(): Promise<void>;
}

/** Where the last request can be had again, as it came: a `SentRequest`. */
export const lastRequestPath = '/last-request';

export interface SentRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Reply {
  readonly type: string;
  /** One write each, as a model server does it. */
  readonly parts: readonly Buffer[];
}

export async function startFixedReply(vendorsOrigin: string): Promise<FixedReply> {
  const replies = new Map<string, Reply>();
  let last: SentRequest | null = null;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === lastRequestPath) return void response.end(JSON.stringify(last));
    const body = await buffer(request);
    last = { path, headers: request.headers, body: body.toString() };
    const reply = replies.get(path) ?? (await askStandIn(vendorsOrigin, request, body));
    replies.set(path, reply);
    response.writeHead(200, { 'content-type': reply.type });
    for (const part of reply.parts) response.write(part);
    response.end();
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** With all headers as they came, the host too: it may be signed. */
async function askStandIn(origin: string, { url, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
  const asked = sendRequest(`${origin}${url}`, { method: 'POST', headers });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`The stand-in answered ${answer.statusCode}.`);
  const type = answer.headers['content-type'] ?? '';
  return { type, parts: toParts(type, await buffer(answer)) };
}

function toParts(type: string, body: Buffer): readonly Buffer[] {
  if (/event-stream/.test(type))
    return body
      .toString()
      .split(/(?<=\n\n)/)
      .map((event) => Buffer.from(event));
  if (!/vnd\.amazon\.eventstream/.test(type)) return [body];
  const frames: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const end = start + body.readUInt32BE(start);
    frames.push(body.subarray(start, end));
    start = end;
  }
  return frames;
}
