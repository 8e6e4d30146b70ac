import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenEntry } from './truth-log.ts';

/** One request to a vendor's route, and what we do about it. */
export interface Exchange {
  readonly route: string;
  /** Below the route's base path. */
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bearer: string | null;
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

/** An error in the shape of OpenAI's, which self-hosted servers follow. */
export function sendProblem(exchange: Exchange, status: number, problem: Problem): void {
  const { message, code = null, param = null } = problem;
  const ofMoney = code?.startsWith('insufficient') === true;
  const type = ofMoney ? code : status >= 500 ? 'server_error' : 'invalid_request_error';
  sendJson(exchange, status, { error: { message, type, param, code } });
}

export interface Problem {
  readonly message: string;
  readonly code?: string | null;
  readonly param?: string | null;
}
