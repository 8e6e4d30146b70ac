import type { Knex } from 'knex';
import { enterOrganization } from '../apply/within-organization.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { findFirstAnswer, keepFirstAnswer, type Repeatable } from './first-answer.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** What is shown of a service token: everything but the token. */
export interface ServiceToken {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly pipes: readonly string[] | null;
  readonly orgs: readonly string[] | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

const columns = `jsonb_build_object('id', t.id, 'name', t.name, 'role', t.role, 'pipes', to_jsonb(t.pipes),
  'orgs', to_jsonb(t.orgs), 'createdAt', t.created_at, 'createdBy', t.created_by, 'expiresAt', t.expires_at,
  'revokedAt', t.revoked_at)`;

export function readServiceToken(id: string): OrgQuery {
  return {
    sql: `select ${columns} from byom.service_tokens t where ${ofOrg('t')} and t.id = $1->>'id'`,
    args: { id },
  };
}

/** Newest first, after the one of `after` (when it was made, its id); one more than `limit`. */
export function listServiceTokens(page: {
  readonly after: readonly string[];
  readonly limit: number;
}): OrgQuery {
  const [at = null, id = null] = page.after;
  return {
    sql: `select coalesce(jsonb_agg(one order by made desc, id desc), '[]') from (
      select ${columns} as one, t.created_at as made, t.id from byom.service_tokens t
        where ${ofOrg('t')}
          and ($1->>'at' is null or (t.created_at, t.id) < (($1->>'at')::timestamptz, $1->>'id'))
        order by t.created_at desc, t.id desc limit ($1->>'limit')::int + 1) found`,
    args: { at, id, limit: page.limit },
  };
}

export interface TokenToMake {
  readonly id: string;
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly name: string;
  readonly role: string;
  readonly pipes: readonly string[] | null;
  /** For an engine that serves several organizations; only under `platform`. */
  readonly orgs: readonly string[] | null;
  readonly lifetimeHours: number;
}

/** `found` is the token as it stands; `repeated`: it was made by an earlier request under the same key. */
export interface MadeToken {
  readonly found: ServiceToken;
  readonly repeated: boolean;
}

/**
 * Registers a token by its hash. Under a key that was used before nothing is made, and the first one is found. Throws
 * `invalid` for an organization in `orgs` that does not exist.
 */
export async function makeServiceToken(
  database: Knex,
  options: ChangeOptions,
  token: TokenToMake,
  repeatable: Repeatable | null,
): Promise<Changed<MadeToken>> {
  return changeAs<MadeToken>(database, options, async (transaction) => {
    const { org, actor } = options;
    const firstId = repeatable && (await findFirstAnswer(transaction, org, repeatable));
    if (firstId !== null) {
      const found = await need(transaction, org, firstId);
      return unchanged(found, { found, repeated: true });
    }
    await needOrganizations(transaction, org, token.orgs ?? []);
    await insert(transaction, org, actor, token);
    const { id } = token;
    if (repeatable !== null)
      await keepFirstAnswer(transaction, org, repeatable, { status: 201, location: id });
    const found = await need(transaction, org, id);
    const { name, role, pipes, orgs, expiresAt } = found;
    return {
      action: 'service-token.make',
      resource: resourceOf(id),
      before: null,
      after: { name, role, ...(pipes && { pipes }), ...(orgs && { orgs }), expiresAt },
      result: { found, repeated: false },
    };
  });
}

/** From its commit on nobody is known by this token. One that is revoked already stays as it is. */
export async function revokeServiceToken(
  database: Knex,
  options: ChangeOptions,
  id: string,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await need(transaction, org, id);
    if (current.revokedAt !== null) return unchanged(current, null);
    await transaction('byom.service_tokens')
      .where({ org_id: org, id })
      .update({ revoked_at: transaction.fn.now() });
    const { name, role } = current;
    return {
      action: 'service-token.revoke',
      resource: resourceOf(id),
      before: { name, role, revoked: false },
      after: { name, role, revoked: true },
      result: null,
    };
  });
}

async function insert(
  transaction: Knex.Transaction,
  org: string,
  actor: string,
  { hash, lifetimeHours, ...token }: TokenToMake,
): Promise<void> {
  await transaction('byom.service_tokens').insert({
    ...token,
    org_id: org,
    token_hash: hash,
    expires_at: transaction.raw('now() + make_interval(hours => ?)', [lifetimeHours]),
    created_by: actor,
  });
}

/** Each is looked at from within, as one transaction sees one organization at a time. */
async function needOrganizations(
  transaction: Knex.Transaction,
  org: string,
  orgs: readonly string[],
): Promise<void> {
  for (const [index, other] of orgs.entries()) {
    await enterOrganization(transaction, other);
    const found: unknown = await transaction('byom.organizations').where({ org_id: other }).first('org_id');
    if (found !== undefined) continue;
    throw new Refused('invalid', 'There is no such organization.', { pointer: `/orgs/${index}` });
  }
  await enterOrganization(transaction, org);
}

async function need(transaction: Knex.Transaction, org: string, id: string): Promise<ServiceToken> {
  const found = await findOne<ServiceToken>(transaction, org, readServiceToken(id));
  if (found === null) throw new Refused('not-found', 'There is no such token.');
  return found;
}

function unchanged<T>({ id, name, role }: ServiceToken, result: T) {
  const same = { name, role };
  return { action: 'service-token.keep', resource: resourceOf(id), before: same, after: same, result };
}

function resourceOf(id: string): string {
  return `service-tokens/${id}`;
}
