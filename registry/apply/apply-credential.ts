import type { Knex } from 'knex';
import { retired, shred } from '../schema/stale.ts';
import { fingerprint, hasFingerprint, sealCredential } from '../secrets/credential-box.ts';
import { insertKeyCheck } from '../secrets/key-checks.ts';
import type { SealKeys } from '../secrets/key-ring.ts';
import type { Written } from './upsert.ts';

interface Owner {
  readonly org: string;
  readonly providerId: string;
  readonly audience: string;
}

interface CredentialRow {
  readonly generation: number;
  readonly state: 'active' | 'retiring' | 'revoked';
  readonly audience: string;
  readonly fingerprint: Buffer;
}

/** Shorter secrets would be half given away by their last four characters. */
const hintMinLength = 20;

/**
 * Stores a credential as a new generation where it differs from the active one. The address it was sealed for is part of
 * it: when that changes, an old credential is revoked, whether or not a new one comes with it.
 */
export async function applyCredential(
  transaction: Knex.Transaction,
  { org, providerId, audience }: Owner,
  credential: unknown,
  seal: SealKeys,
  createdBy: string | null = null,
): Promise<readonly Written[]> {
  const ofProvider = { org_id: org, provider_id: providerId };
  const table = () => transaction('byom.credentials').where(ofProvider);
  await shredRetired(transaction, { org, providerId });
  const rows: CredentialRow[] = await table()
    .select('generation', 'state', 'audience', 'fingerprint')
    .orderBy('generation', 'desc');
  const active = rows.find(({ state }) => state === 'active');
  const moved = active !== undefined && active.audience !== audience;
  if (moved) await shredCredentials(transaction, { org, providerId });
  if (credential === null || credential === undefined) return moved ? ['changed'] : [];
  if (active !== undefined && isServing(active, audience, credential)) return ['unchanged'];

  await shredCredentials(transaction, { org, providerId, state: 'retiring' });
  await table().where({ state: 'active' }).update({ state: 'retiring' });
  await insertKeyCheck(transaction, seal);
  const generation = (rows[0]?.generation ?? 0) + 1;
  const box = sealCredential(credential, { org, providerId, generation, audience }, seal);
  await transaction('byom.credentials').insert({
    ...ofProvider,
    generation,
    state: 'active',
    key_id: box.keyId,
    audience,
    wrapped_key: box.wrappedKey,
    ciphertext: box.ciphertext,
    fingerprint: fingerprint(credential),
    hint: hintOf(credential),
    created_by: createdBy,
  });
  return [rows.length === 0 ? 'created' : 'changed'];
}

/** Whether this is the secret that a provider serves with already, told by the fingerprint: nothing is opened. */
export async function holdsCredential(
  transaction: Knex.Transaction,
  { org, providerId, audience }: Owner,
  credential: unknown,
): Promise<boolean> {
  const active = (await transaction('byom.credentials')
    .where({ org_id: org, provider_id: providerId, state: 'active' })
    .first('audience', 'fingerprint')) as Pick<CredentialRow, 'audience' | 'fingerprint'> | undefined;
  return active !== undefined && isServing(active, audience, credential);
}

function isServing(
  active: Pick<CredentialRow, 'audience' | 'fingerprint'>,
  audience: string,
  credential: unknown,
): boolean {
  return active.audience === audience && hasFingerprint(credential, active.fingerprint);
}

/**
 * Revokes what a provider holds and wipes it, so that no key that leaks later opens it. From the commit on no call begins
 * with it; a call under way may still end. Says whether there was any.
 */
export async function shredCredentials(
  transaction: Knex.Transaction,
  { org, providerId, state }: Omit<Owner, 'audience'> & { readonly state?: 'retiring' },
): Promise<boolean> {
  const revoked = await transaction('byom.credentials')
    .where({ org_id: org, provider_id: providerId, ...(state === undefined ? {} : { state }) })
    .whereNot({ state: 'revoked' })
    .update({ state: 'revoked', wrapped_key: null, ciphertext: null });
  return revoked > 0;
}

/** Every write of a provider ends the time of a credential that was replaced a quarter of an hour ago. */
export async function shredRetired(
  transaction: Knex.Transaction,
  { org, providerId }: Omit<Owner, 'audience'>,
): Promise<void> {
  await transaction.raw(
    `update byom.credentials t set ${shred} where t.org_id = ? and t.provider_id = ? and ${retired}`,
    [org, providerId],
  );
}

function hintOf(credential: unknown): string | null {
  const { apiKey } = credential as { readonly apiKey?: unknown };
  return typeof apiKey === 'string' && apiKey.length >= hintMinLength ? `…${apiKey.slice(-4)}` : null;
}
