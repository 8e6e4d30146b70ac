import { credentials } from './resources/credentials.ts';
import { dataClasses } from './resources/data-classes.ts';
import { models } from './resources/models.ts';
import { providers } from './resources/providers.ts';
import type { Route } from './route.ts';

/** Every route of the API. A new resource is a file and a line here. */
export const routes: readonly Route[] = [...providers, ...credentials, ...models, ...dataClasses];
