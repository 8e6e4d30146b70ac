// `npm run openapi`: writes docs/openapi.json from the routes; a test compares the two.
import { writeFileSync } from 'node:fs';
import { ensureInstalled, root, say } from './installed.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
const { routes, toOpenApi } = await import('../dist/api/index.js');
writeFileSync(`${root}docs/openapi.json`, `${JSON.stringify(toOpenApi(routes), null, 2)}\n`);
say(`docs/openapi.json has ${routes.length} operations.`);
