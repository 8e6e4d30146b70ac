import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { openDatabase } from '../registry/index.ts';
import type { ApiOptions } from './api-options.ts';
import { createAuthenticator } from './authenticate.ts';
import { createBuckets } from './buckets.ts';
import { serveHealth } from './health.ts';
import { toOpenApi } from './openapi.ts';
import { Problem, toResponse } from './problem.ts';
import { routes } from './routes.ts';
import { serve } from './serve.ts';

/** The management API as a handler that any server can mount. */
export interface Api {
  /** Answers every request; never throws. Paths begin with `/v1/`, beside `/healthz`, `/readyz` and `/openapi.json`. */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/** A statement that waits for a lock or a sick server must not hold its caller: every answer comes within 2 s. */
const statementTimeoutMs = 1_500;

/** Opens no connection before the first request. */
export function createApi(options: ApiOptions): Api {
  const { connectionsMax = 5, requestsPerMinute = 6_000 } = options;
  const database = openDatabase(options.databaseUrl, { max: connectionsMax, statementTimeoutMs });
  const serving = {
    options,
    database,
    identify: createAuthenticator(options),
    buckets: createBuckets(requestsPerMinute),
  };
  const app = new Hono({ strict: true });
  for (const route of routes) {
    app.on(route.method.toUpperCase(), toHonoPath(route.path), (context) =>
      serve(route, context.req.raw, context.req.param(), serving),
    );
  }
  for (const path of new Set(routes.map((one) => one.path))) {
    const allowed = routes.filter((one) => one.path === path).map((one) => one.method.toUpperCase());
    app.all(toHonoPath(path), () => problem('method-not-allowed', { allow: allowed.join(', ') }));
  }
  app.get('/openapi.json', () => Response.json(toOpenApi(routes)));
  app.get('/healthz', () => Response.json({ status: 'ok' }));
  app.get('/readyz', () => serveHealth(database, options));
  app.notFound(() => problem('not-found'));
  app.onError(() => problem('internal'));
  return {
    fetch: async (request) => app.fetch(request),
    close: () => database.destroy(),
  };
}

function problem(type: 'not-found' | 'internal' | 'method-not-allowed', headers = {}): Response {
  return toResponse(new Problem(type, undefined, { headers }), randomUUID());
}

/** `{model}` is `:model` to Hono. */
function toHonoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
