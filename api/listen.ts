import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Api } from './create-api.ts';
import { Problem, toResponse } from './problem.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /**
   * Serves only what was sent to this address by its own name: a web page that has its name point to this machine gets
   * nothing. For an API on a developer's machine; not behind a proxy, which sends on the name that it is known by.
   */
  readonly ownNameOnly?: boolean;
}

/** An API that is served on a port of its own. */
export interface Listening {
  /** Without a slash at the end. */
  readonly url: string;
  /** Takes no more requests, waits for those under way, and cuts off what still runs after `graceMs` (10 s). */
  close(graceMs?: number): Promise<void>;
}

/** Whoever sends a request has this long to send all of it; node's own limit would be five minutes. */
const requestTimeoutMs = 30_000;
/** Longer than the minute of common load balancers, or they would send on a connection that is just being closed. */
const keepAliveTimeoutMs = 65_000;

/** Serves an API over HTTP in this process. Rejects with node's own error, such as `EADDRINUSE`. */
export async function listen(api: Api, { host, port, ownNameOnly }: ListenOptions): Promise<Listening> {
  let ownNames: readonly string[] | null = null;
  const server = createAdaptorServer({
    fetch: (request) =>
      ownNames === null || ownNames.includes(new URL(request.url).host)
        ? api.fetch(request)
        : toResponse(
            new Problem('forbidden', 'This address is served under its own name only.'),
            crypto.randomUUID(),
          ),
    // Whoever mounts this shares a process with it, and its own `Request` and `Response` stay what they were.
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs },
  }) as Server;
  server.listen({ host, port });
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  const bound = host.includes(':') ? `[${host}]` : host;
  if (ownNameOnly === true)
    ownNames = [bound, 'localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${taken}`);
  return { url: `http://${bound}:${taken}`, close: (graceMs = 10_000) => close(server, graceMs) };
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // A connection whose last answer has gone out would else be kept for a next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(cut);
  clearInterval(idle);
}
