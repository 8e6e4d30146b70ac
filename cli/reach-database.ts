import { Client } from 'pg';
import { checkIsolation, migrationStatus } from '../registry/index.ts';
import { UserError, lineOf } from './user-error.ts';

/** A database of the environment: under which name, where, and as whom it is meant. */
export interface DatabaseSetting {
  readonly name: string;
  readonly url: string;
  /** Null: the owner, who makes every other role. */
  readonly role: 'byom_api' | 'byom_worker' | 'byom_maintenance' | null;
}

const connectWithinMs = 5_000;

/** The role that connects, as it stands in the audit. */
export function userOf({ url }: DatabaseSetting): string {
  return decodeURIComponent(new URL(url).username);
}

/** Opens one connection and closes it, so that a wrong URL is told by the name of its setting. Throws `UserError`. */
export async function reachDatabase(database: DatabaseSetting): Promise<void> {
  await withClient(database, async () => {});
}

/**
 * Refuses what must not be served or written to: a database that is not there, a schema of another version, a role under
 * which one organization could see another's rows, and one that may not do what is to be done. Throws `UserError`.
 */
export async function checkDatabase(database: DatabaseSetting): Promise<void> {
  const { name, url, role } = database;
  // A deploy rolls over a migration, so the version before is served too.
  await checkVersion(database, (wanted) => wanted - 1);
  try {
    await checkIsolation(url);
  } catch (error) {
    throw new UserError(`${name}: ${lineOf(error)}`);
  }
  if (!(await isRole(database)))
    throw new UserError(`${name}: the role there is neither ${role} nor a member of it: connect as ${role}.`);
}

/** Refuses a database that is not there, and a schema that this version cannot work with. Throws `UserError`. */
export async function checkVersion(
  database: DatabaseSetting,
  least: (wanted: number) => number = (wanted) => wanted,
): Promise<void> {
  await reachDatabase(database);
  const { version, wanted } = await migrationStatus(database.url);
  const found = `${database.name}: the registry there is at version ${version}`;
  if (version > wanted)
    throw new UserError(`${found}, and this byom knows ${wanted} at most: upgrade pipe-byom.`);
  if (version === 0 || version < least(wanted))
    throw new UserError(`${found}, and this byom needs ${wanted}: run \`byom migrate up\`.`);
}

/** `byom migrate up` and `byom migrate sql` grant to roles of these names. */
async function isRole(database: DatabaseSetting): Promise<boolean> {
  return withClient(database, async (client) => {
    const question = `select pg_has_role(current_user, coalesce($1, current_user), 'usage') as is_member`;
    const { rows } = await client.query<{ is_member: boolean }>(question, [database.role]);
    return rows[0]?.is_member ?? false;
  });
}

async function withClient<T>(
  { name, url, role }: DatabaseSetting,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectWithinMs });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw new UserError(`${name}: ${explain(error, new URL(url), role)}`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** By Postgres' and the system's codes; their own words may hold more than the user should see. */
function explain(error: unknown, url: URL, meant: DatabaseSetting['role']): string {
  const place = url.host === '' ? 'the local socket' : url.host;
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case '3D000':
      return `there is no database ${decodeURIComponent(url.pathname.slice(1))} at ${place}: create it, or correct the name.`;
    case '28000':
    case '28P01': {
      const makes = meant === null ? '' : ', or let `byom migrate up` make the role';
      return `role ${decodeURIComponent(url.username)} may not log in at ${place}: correct role and password${makes}.`;
    }
    case '53300':
      return `Postgres at ${place} takes no more connections: raise max_connections, or close some.`;
    default:
      return `no Postgres answers at ${place}${code === undefined ? '' : ` (${code})`}: start it, or correct the URL.`;
  }
}
