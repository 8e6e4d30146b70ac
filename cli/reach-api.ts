import type { ApiClient } from '../api/index.ts';
import { readConfig } from './config.ts';

/** The API of `BYOM_API_URL`, as whoever `BYOM_API_TOKEN` is. Throws `UserError` where one of them is not set. */
export async function reachApi(env: NodeJS.ProcessEnv = process.env): Promise<ApiClient> {
  const address = readConfig(env).apiAddress();
  // The package's light door: the room's other one would load Postgres and every schema.
  // oxlint-disable-next-line no-restricted-imports
  const { createApiClient } = await import('../api/client.ts');
  return createApiClient(address);
}
