// The management API inside an Express 5 app of yours. No body parser may stand before it: it reads the body itself, and
// no further than it wants to.
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import { createApi } from 'pipe-byom/api';
import { apiOptions, port } from './options.js';

const api = createApi(apiOptions);
const app = express();

app.get('/', (_request, response) => void response.send('The rest of your app.'));
// Below `/byom` Express takes that off the path, and the API finds the paths that it knows.
app.use('/byom', getRequestListener(api.fetch, { overrideGlobalObjects: false }));
app.use(express.json());

const server = app.listen(port, '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/byom`),
);
process.once('SIGTERM', () => server.close(() => void api.close()));
