import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that thinks of nothing: the same answer to every request, whole under `/whole`, in events under `/events`. */
export interface FixedReply {
  readonly origin: string;
  close(): Promise<void>;
}

/** Where the body of the last request can be had again, as it came. */
export const lastBodyPath = '/last-body';
export const eventsPerReply = 20;

const word = 'reply ';
const opening = { id: 'fixed', object: 'chat.completion', created: 1_700_000_000, model: 'fixed' };
const usage = { prompt_tokens: 100, completion_tokens: eventsPerReply, total_tokens: 100 + eventsPerReply };
const whole = JSON.stringify({
  ...opening,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: word.repeat(eventsPerReply) },
      finish_reason: 'stop',
    },
  ],
  usage,
});
const events = [
  ...Array.from({ length: eventsPerReply }, () => choice({ content: word }, null)),
  choice({}, 'stop'),
  { ...opening, choices: [], usage },
]
  .map((event) => `data: ${JSON.stringify(event)}\n\n`)
  .concat('data: [DONE]\n\n');

function choice(delta: object, finish: string | null): object {
  return { ...opening, choices: [{ index: 0, delta, finish_reason: finish }] };
}

export async function startFixedReply(): Promise<FixedReply> {
  let lastBody = '';
  const server = createServer((request, response) => {
    if (request.url === lastBodyPath) {
      response.end(lastBody);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      lastBody = Buffer.concat(chunks).toString();
      const streamed = request.url?.startsWith('/events') === true;
      response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
      // One write an event, as a model server does it.
      for (const event of streamed ? events : [whole]) response.write(event);
      response.end();
    });
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
