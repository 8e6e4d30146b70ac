import type { Knex } from 'knex';
import { Refused } from './refused.ts';

/** A POST that may come twice (`Idempotency-Key`): whose, under which key, and what exactly was asked for. */
export interface Repeatable {
  readonly principal: string;
  readonly key: string;
  /** SHA-256 over method, path and body. */
  readonly fingerprint: Buffer;
}

/** As long as a caller may try again. */
const keptFor = '24 hours';

/**
 * Where the first request under this key led; null for the first one. Inside the change's transaction, whose lock on the
 * organization makes a twin wait. Throws `invalid` where the key was used for something else.
 */
export async function findFirstAnswer(
  transaction: Knex.Transaction,
  org: string,
  { principal, key, fingerprint }: Repeatable,
): Promise<string | null> {
  const old = transaction.raw(`now() - interval '${keptFor}'`);
  await transaction('byom.idempotency_keys').where({ org_id: org }).where('created_at', '<', old).delete();
  const first = (await transaction('byom.idempotency_keys')
    .where({ org_id: org, principal, key })
    .first('fingerprint', 'location')) as { fingerprint: Buffer; location: string } | undefined;
  if (first === undefined) return null;
  if (first.fingerprint.equals(fingerprint)) return first.location;
  throw new Refused('invalid', 'This Idempotency-Key was used for another request. Take a new one.');
}

/** Remembers where the first request led; never its answer, which may hold what is shown once. */
export async function keepFirstAnswer(
  transaction: Knex.Transaction,
  org: string,
  repeatable: Repeatable,
  { status, location }: { readonly status: number; readonly location: string },
): Promise<void> {
  await transaction('byom.idempotency_keys').insert({ org_id: org, ...repeatable, status, location });
}
