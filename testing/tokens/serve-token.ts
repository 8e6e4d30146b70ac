import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KnownAccounts } from '../accounts.ts';
import { readBytes } from '../read-body.ts';
import { entra } from './entra.ts';
import { googleTokens } from './google-token.ts';
import { securityTokens } from './security-token.ts';

/** Where the stand-ins hand out tokens. */
export const tokenPath = '/__tokens/';

/** One vendor's way to hand out short-lived secrets. */
export interface TokenEndpoint {
  /** Whether a path below `/__tokens/` is its own. */
  match(path: string): boolean;
  serve(ask: TokenAsk, accounts: KnownAccounts): TokenReply;
}

export interface TokenAsk {
  readonly path: string;
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

export interface TokenReply {
  readonly status: number;
  readonly type: 'application/json' | 'text/xml';
  readonly body: string;
}

/** A new token endpoint is a file and a line here. */
const endpoints: readonly TokenEndpoint[] = [entra, googleTokens, securityTokens];

export async function serveToken(
  request: IncomingMessage,
  response: ServerResponse,
  accounts: KnownAccounts,
): Promise<void> {
  const path = (request.url ?? '').slice(tokenPath.length).split('?')[0] ?? '';
  const body = await readBytes(request);
  const endpoint = endpoints.find((one) => one.match(path));
  if (endpoint === undefined) return void response.writeHead(404).end();
  const reply = endpoint.serve({ path, request, body }, accounts);
  response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body);
}
