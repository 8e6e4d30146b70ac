import { randomUUID } from 'node:crypto';
import { makeToken } from '../../api/index.ts';
import { makeServiceToken, openDatabase, Refused, type ServiceToken } from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { checkVersion, userOf, type DatabaseSetting } from '../reach-database.ts';
import { readWhole } from '../read-input.ts';
import { UserError } from '../user-error.ts';

/** As typed. */
export interface BootstrapOptions {
  readonly org: string;
  readonly role: string;
  readonly hours: string;
  readonly json?: boolean;
}

/** A pipe-admin's pipes and an engine's organizations are the API's to check; the first token opens it. */
const bootstrapRoles: readonly string[] = ['platform-admin', 'org-admin', 'operator', 'viewer'];

/**
 * The first token: whoever can connect as the owner of the schema could write it himself, so nothing new is allowed here.
 * It lives a day at most, and the audit says that it was made like this.
 */
export async function bootstrapCommand(options: BootstrapOptions, config: Config): Promise<void> {
  const { org, role } = options;
  const lifetimeHours = readWhole('--hours', options.hours, 24);
  if (!bootstrapRoles.includes(role)) throw new UserError(`--role: can be ${bootstrapRoles.join(', ')}.`);
  if (role === 'platform-admin' && org !== 'platform')
    throw new UserError('--role: a platform-admin belongs to the platform: add `--org platform`.');
  const owner = config.owner();
  await checkVersion(owner);
  const { token, made } = await make(owner, { org, role, lifetimeHours });
  if (options.json === true) {
    const { id, expiresAt } = made;
    process.stdout.write(`${JSON.stringify({ token, id, org, role, expiresAt })}\n`);
    return;
  }
  process.stderr.write(
    `# ${role} of ${org} until ${made.expiresAt}. It is shown this once; keep it secret.\n`,
  );
  process.stdout.write(`${token}\n`);
}

async function make(
  owner: DatabaseSetting,
  { org, role, lifetimeHours }: { org: string; role: string; lifetimeHours: number },
): Promise<{ readonly token: string; readonly made: ServiceToken }> {
  const { id, token, hash } = makeToken();
  const change = { org, actor: `database:${userOf(owner)}`, requestId: randomUUID(), dryRun: false };
  const toMake = { id, hash, name: 'byom tokens bootstrap', role, pipes: null, orgs: null, lifetimeHours };
  const database = openDatabase(owner.url, { max: 1, statementTimeoutMs: 30_000 });
  try {
    const { result } = await makeServiceToken(database, change, toMake, null);
    return { token, made: result.found };
  } catch (error) {
    if (error instanceof Refused && error.code === 'not-found')
      throw new UserError(`--org: there is no organization ${org}; add it with \`byom apply\`.`);
    throw error;
  } finally {
    await database.destroy();
  }
}
