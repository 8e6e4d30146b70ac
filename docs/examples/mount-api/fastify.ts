// The management API inside a Fastify 5 app of yours. Fastify is kept from reading bodies below `/byom`: the API reads them
// itself, and no further than it wants to.
import { getRequestListener } from '@hono/node-server';
import { fastify } from 'fastify';
import { createApi } from 'pipe-byom/api';
import { apiOptions, port } from './options.js';

const api = createApi(apiOptions);
const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false });
const app = fastify();

app.get('/', async () => 'The rest of your app.');
await app.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  scope.all('/byom/*', async (request, reply) => {
    reply.hijack();
    request.raw.url = request.raw.url?.slice('/byom'.length);
    await listener(request.raw, reply.raw);
  });
});
app.addHook('onClose', () => api.close());

console.log(`${await app.listen({ host: '127.0.0.1', port })}/byom`);
process.once('SIGTERM', () => void app.close());
