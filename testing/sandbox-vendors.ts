import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAccounts } from './accounts.ts';
import type { KnownAccounts, SandboxAccounts } from './accounts.ts';
import { checkRoute } from './check-route.ts';
import { openExchange } from './exchange.ts';
import { Faults } from './faults.ts';
import type { Fault } from './faults.ts';
import { readFault } from './read-fault.ts';
import { serveCall } from './serve-call.ts';
import { chatCompletions } from './wire/chat-completions.ts';
import { wireOf } from './wire/wire-of.ts';
import { controlPath, serveControl } from './serve-control.ts';
import { serveToken, tokenPath } from './tokens/serve-token.ts';
import { TruthLog } from './truth-log.ts';
import type { LoggedRequest } from './truth-log.ts';

/** Stand-ins for real vendors on this machine: their wire formats, faults on demand, and a log of what truly came in. */
export interface SandboxVendors {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly port: number;
  /**
   * The base URL of one provider, known by a route of your choice: `<origin>/<route>/v1`. Routes need not be announced;
   * each has faults and calls of its own. Here and below: throws where a route could not stand in a URL as it is.
   */
  url(route: string): string;
  /** What vendors that are not OpenAI's take as their endpoint: `<origin>/<route>`. */
  endpoint(route: string): string;
  /** Credentials with which signed requests pass; made when they are first asked for. */
  accounts(): Promise<SandboxAccounts>;
  /** The stand-ins' own token endpoints, for the guard's `wellKnown`. */
  readonly wellKnown: { readonly googleToken: string; readonly entraAuthority: string; readonly sts: string };
  /**
   * Lets something go wrong at a route, `times` times or until it is cleared. Faults happen in the order given. Throws one
   * line that names the field where it is no fault.
   */
  fault(route: string, fault: Fault): void;
  /** Ends the faults of a route, or all of them. */
  clear(route?: string): void;
  /** Every request to any route, in the order of arrival; what is still being served is in it already. */
  readonly log: readonly LoggedRequest[];
  /** The calls to models of one route; a look at its list of models is none. */
  callsTo(route: string): readonly LoggedRequest[];
  /** No faults and an empty log. */
  reset(): void;
  /** Ends all connections at once, also those that are being answered. */
  close(): Promise<void>;
}

export interface SandboxVendorsOptions {
  /** 0, the default, lets the system choose a free one. */
  readonly port?: number;
  /** Pause before each token in milliseconds; 0 by default. */
  readonly tokenDelayMs?: number;
}

/**
 * Starts one server on 127.0.0.1 that speaks the vendors' wire formats at any route. Its answers are computed from
 * the prompt it received; each carries the header `x-byom-sandbox: 1`. Register a provider at it, and let it fail:
 *
 *     const vendors = await startSandboxVendors();
 *     // settings: { baseUrl: vendors.url('main') }, and 127.0.0.0/8 among the worker's allowed ranges
 *     vendors.fault('main', { kind: 'status', status: 503, times: 2 });
 *     // … run a Behavior …
 *     vendors.callsTo('main').map(({ status }) => status); // [503, 503, 200]
 */
export async function startSandboxVendors(options: SandboxVendorsOptions = {}): Promise<SandboxVendors> {
  const log = new TruthLog();
  const faults = new Faults();
  const { port = 0, tokenDelayMs = 0 } = options;
  let made: Promise<KnownAccounts> | null = null;
  const accounts = (): Promise<KnownAccounts> => (made ??= createAccounts());
  const server = createServer((request, response) => {
    serve(request, response, { log, faults, accounts, tokenDelayMs }).catch(() => {
      // The client has gone, or the answer broke midway: there is nobody left to tell.
      response.destroy();
    });
  });
  // A pooled connection that the server closes just when a request is sent looks like a fault nobody asked for.
  server.keepAliveTimeout = 60_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    port: address.port,
    url: (route) => `${origin}/${checkRoute(route)}/v1`,
    endpoint: (route) => `${origin}/${checkRoute(route)}`,
    accounts,
    wellKnown: {
      googleToken: `${origin}${tokenPath}google`,
      entraAuthority: `${origin}${tokenPath}entra`,
      sts: `${origin}${tokenPath}sts`,
    },
    fault: (route, fault) => faults.add(checkRoute(route), readFault(fault)),
    clear: (route) => faults.clear(route),
    get log() {
      return log.entries;
    },
    callsTo(route) {
      const asked = checkRoute(route);
      return log.entries.filter((entry) => entry.route === asked && entry.method === 'POST');
    },
    reset() {
      faults.clear();
      log.clear();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Serving {
  readonly log: TruthLog;
  readonly faults: Faults;
  readonly accounts: () => Promise<KnownAccounts>;
  readonly tokenDelayMs: number;
}

const providerPath = /^\/([^/]+)\/([^?]*)/;

async function serve(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  response.setHeader('x-byom-sandbox', '1');
  const url = request.url ?? '';
  if (url.startsWith(controlPath)) return serveControl(request, response, serving);
  if (url.startsWith(tokenPath)) return serveToken(request, response, await serving.accounts());
  const [, route, path] = providerPath.exec(url) ?? [];
  if (route === undefined || path === undefined) {
    response.writeHead(404).end();
    return;
  }
  const wire = wireOf(request, path);
  const known = wire ?? chatCompletions;
  for (const [name, value] of Object.entries(known.headers?.() ?? {})) response.setHeader(name, value);
  const key = known.keyOf(request);
  const entry = serving.log.open({ route, method: request.method ?? '', path }, key);
  const exchange = openExchange({ route, path, request, response, wire: known, key, entry });
  await serveCall(exchange, wire !== null, serving);
}
