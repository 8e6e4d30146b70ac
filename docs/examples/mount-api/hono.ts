// The management API inside a Hono app of yours: one `fetch` within another.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createApi } from 'pipe-byom/api';
import { apiOptions, port } from './options.js';

const api = createApi(apiOptions);
const app = new Hono();

app.get('/', (context) => context.text('The rest of your app.'));
app.mount('/byom', api.fetch);

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (info) =>
  console.log(`http://127.0.0.1:${info.port}/byom`),
);
process.once('SIGTERM', () => server.close(() => void api.close()));
