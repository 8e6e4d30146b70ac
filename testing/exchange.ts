import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenEntry } from './truth-log.ts';
import type { Problem, Wire } from './wire/wire.ts';

/** One request to a vendor's route, and what we do about it. */
export interface Exchange {
  readonly route: string;
  /** Below the route, without the query string. */
  readonly path: string;
  /** The format in which this request is answered; OpenAI's where it belongs to none. */
  readonly wire: Wire;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The key that the request carries. */
  readonly key: string | null;
  readonly entry: OpenEntry;
  /** Aborted when nobody listens any more, so that a paced answer stops. */
  readonly gone: AbortSignal;
  /** Ends the connection from our side, with a reset or after what was written. */
  cut(how: 'reset' | 'close'): void;
}

/** Watches how the exchange ends and notes it: a connection that we cut is no client that went away. */
export function openExchange(parts: Omit<Exchange, 'gone' | 'cut'>): Exchange {
  const { request, response, entry } = parts;
  const left = new AbortController();
  let ours = false;
  response.once('close', () => {
    entry.finishedAtMs = Date.now();
    if (!response.writableFinished && !ours) entry.disconnectedAtMs = entry.finishedAtMs;
    left.abort();
  });
  return {
    ...parts,
    gone: left.signal,
    cut(how) {
      ours = true;
      if (how === 'reset') request.socket.resetAndDestroy();
      else request.socket.destroySoon();
    },
  };
}

export function sendJson({ response, entry }: Exchange, status: number, body: unknown): void {
  entry.status = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.writeHead(status);
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** An error in the vendor's own shape; headers that were set before stay. */
export function sendProblem(exchange: Exchange, status: number, problem: Problem): void {
  const { body, headers = {} } = exchange.wire.problem(status, problem);
  const { response } = exchange;
  for (const [name, value] of Object.entries(headers)) {
    if (!response.hasHeader(name)) response.setHeader(name, value);
  }
  sendJson(exchange, status, body);
}
