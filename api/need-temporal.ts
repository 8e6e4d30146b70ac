import type { Client } from '@temporalio/client';
import type { ApiOptions } from './api-options.ts';
import { Problem } from './problem.ts';

/** The client of an API that was given one. Throws `unavailable` for one that was not. */
export function needTemporal({ client }: ApiOptions): Client {
  if (client !== undefined) return client;
  throw new Problem('unavailable', 'This API has no connection to Temporal, so it starts and stops no runs.');
}
