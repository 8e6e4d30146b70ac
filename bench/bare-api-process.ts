import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { memoryPath, nothingPath } from './api-paths.ts';
import type { ApiStarted } from './api-process.ts';
import { endWithStarter } from './own-process.ts';

/** What Hono costs alone: a handler that does nothing, in a process into which nothing of ours is loaded. */
const app = new Hono();
app.get(nothingPath, () => Response.json({ nothing: true }));
app.get(memoryPath, () => Response.json({ bytes: process.memoryUsage.rss() }));
const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
server.listen({ host: '127.0.0.1', port: 0 });
await once(server, 'listening');
endWithStarter(async () => {
  server.close();
});
const started: ApiStarted = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
process.send?.(started);
