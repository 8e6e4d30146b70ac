import { readAs, type OrgQuery } from '../registry/index.ts';
import type { Call } from './route.ts';

/** One more read of a handler, in the organization of its request, after the caller was checked. */
export async function findInOrganization<T>({ database, org }: Call, query: OrgQuery): Promise<T | null> {
  return (await readAs<T>(database, null, org, query)).found;
}
