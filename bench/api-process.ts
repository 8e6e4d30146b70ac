import { once } from 'node:events';
import { createApi, listen } from '../api/index.ts';
import { parseSealKeys } from '../registry/index.ts';
import { memoryPath } from './api-paths.ts';
import { endWithStarter } from './own-process.ts';

export interface ApiToStart {
  readonly databaseUrl: string;
  readonly sealRing: string;
}

export interface ApiStarted {
  readonly url: string;
}

const [
  {
    api: { databaseUrl, sealRing },
  },
] = (await once(process, 'message')) as [{ readonly api: ApiToStart }];
// One principal asks everything, and its share of requests is not what is measured.
const api = createApi({ databaseUrl, sealKeys: parseSealKeys(sealRing), requestsPerMinute: 10_000_000 });
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
