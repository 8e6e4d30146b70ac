import { once } from 'node:events';
import { Hono } from 'hono';
import { createApi, listen } from '../api/index.ts';
import { parseSealKeys } from '../registry/index.ts';
import { memoryPath, nothingPath } from './api-paths.ts';
import { endWithStarter } from './own-process.ts';

/** Null: a handler that does nothing, on the same server. */
export type ApiToStart = { readonly databaseUrl: string; readonly sealRing: string } | null;

export interface ApiStarted {
  readonly url: string;
}

const [{ api: toStart }] = (await once(process, 'message')) as [{ readonly api: ApiToStart }];
const api = toStart === null ? createBare() : createOurs(toStart);
const server = await listen(
  {
    ...api,
    fetch: async (request) =>
      request.url.endsWith(memoryPath)
        ? Response.json({ bytes: process.memoryUsage.rss() })
        : api.fetch(request),
  },
  { host: '127.0.0.1', port: 0 },
);
endWithStarter(async () => {
  await server.close(0);
  await api.close();
});
const started: ApiStarted = { url: server.url };
process.send?.(started);

function createOurs({ databaseUrl, sealRing }: NonNullable<ApiToStart>) {
  // One principal asks everything, and its share of requests is not what is measured.
  return createApi({ databaseUrl, sealKeys: parseSealKeys(sealRing), requestsPerMinute: 10_000_000 });
}

function createBare() {
  const app = new Hono();
  app.get(nothingPath, () => Response.json({ nothing: true }));
  return { fetch: async (request: Request) => app.fetch(request), close: async () => {} };
}
