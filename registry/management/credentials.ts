import type { Knex } from 'knex';
import { applyCredential, holdsCredential, shredCredentials } from '../apply/apply-credential.ts';
import type { SealKeys } from '../secrets/key-ring.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** What is shown of a credential: everything but the secret, which nobody can read back. */
export interface Credential {
  readonly set: boolean;
  readonly generation: number;
  readonly state: 'active' | 'revoked';
  /** The last characters of a long API key, so that people can tell two of them apart. */
  readonly hint: string | null;
  readonly keyId: string;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly revision: string;
}

/** The newest generation of a provider's credential. `found` is null for an unknown provider, and `{}` without one. */
export function readCredential(provider: string): OrgQuery {
  return {
    sql: `select coalesce((
        select jsonb_build_object('set', c.state = 'active', 'generation', c.generation, 'hint', c.hint, 'keyId', c.key_id,
          'state', case c.state when 'retiring' then 'revoked' else c.state end,
          'createdAt', c.created_at, 'createdBy', c.created_by, 'revision', c.revision::text)
        from byom.credentials c where ${ofOrg('c')} and c.provider_id = p.id order by c.generation desc limit 1), '{}')
      from byom.providers p where ${ofOrg('p')} and p.slug = $1->>'slug'`,
    args: { slug: provider },
  };
}

export interface CredentialToSet {
  readonly provider: string;
  /** Checked by the vendor. */
  readonly secret: unknown;
  /** True: the one before may be in wrong hands, so it is wiped now instead of serving as a spare for a while. */
  readonly compromised: boolean;
}

/**
 * Seals a new generation, unless it is the secret that serves already. Over an existing one always with a precondition. A dry
 * run seals nothing. `generation` is the one that serves then.
 */
export async function putCredential(
  database: Knex,
  options: ChangeOptions,
  { provider, secret, compromised }: CredentialToSet,
  seal: SealKeys,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Credential | null; readonly generation: number }>> {
  return changeAs(database, options, async (transaction) => {
    const { org, actor, dryRun } = options;
    const owner = await ownerOf(transaction, org, provider);
    const current = await find(transaction, org, provider);
    if (current !== null) requireMatch(current, ifMatch);
    else if (ifMatch !== null && ifMatch !== '*') throw new Refused('stale', 'There is no credential yet.');
    const same = dryRun
      ? await holdsCredential(transaction, owner, secret)
      : (await applyCredential(transaction, owner, secret, seal, actor)).includes('unchanged');
    const wiped = compromised && (await shredCredentials(transaction, { ...owner, state: 'retiring' }));
    const generation = (current?.generation ?? 0) + (same ? 0 : 1);
    const before = current && { generation: current.generation, state: current.state };
    const after = { generation, state: 'active', ...(compromised ? { compromised: true } : {}) };
    return {
      action: 'credential.put',
      resource: `providers/${provider}/credential`,
      before,
      after: same && !wiped ? before : after,
      result: { current, generation },
    };
  });
}

/** Revokes and wipes a credential; what describes it stays. */
export async function deleteCredential(
  database: Knex,
  options: ChangeOptions,
  provider: string,
  ifMatch: IfMatch,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const { providerId } = await ownerOf(transaction, org, provider);
    const current = await find(transaction, org, provider);
    if (current === null || !current.set) throw new Refused('not-found', 'The provider has no credential.');
    requireMatch(current, ifMatch);
    await shredCredentials(transaction, { org, providerId });
    const before = { generation: current.generation, state: current.state };
    return {
      action: 'credential.delete',
      resource: `providers/${provider}/credential`,
      before,
      after: { ...before, state: 'revoked' },
      result: null,
    };
  });
}

async function find(
  transaction: Knex.Transaction,
  org: string,
  provider: string,
): Promise<Credential | null> {
  const found = await findOne<Credential>(transaction, org, readCredential(provider));
  return found === null || found.generation === undefined ? null : found;
}

async function ownerOf(
  transaction: Knex.Transaction,
  org: string,
  slug: string,
): Promise<{ org: string; providerId: string; audience: string }> {
  const row = (await transaction('byom.providers').where({ org_id: org, slug }).first('id', 'audience')) as
    | { id: string; audience: string }
    | undefined;
  if (row === undefined) throw new Refused('not-found', 'There is no such provider.');
  return { org, providerId: row.id, audience: row.audience };
}
