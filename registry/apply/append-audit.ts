import type { Knex } from 'knex';

/** What happened to an organization's registry, without secrets. */
export interface AuditEntry {
  /** Kind and id of the principal: `token:…`, `user:issuer#sub`, `host:…`. */
  readonly actor: string;
  readonly action: string;
  readonly resource: string;
  readonly before: object | null;
  readonly after: object | null;
  readonly requestId: string;
}

/** Adds one event to an organization's chain, in the transaction of what it tells. */
export async function appendAudit(
  transaction: Knex.Transaction,
  org: string,
  { actor, action, resource, before, after, requestId }: AuditEntry,
): Promise<void> {
  await transaction.raw('select byom.append_audit(?, ?::jsonb)', [
    org,
    JSON.stringify({ actor, action, resource, before, after, requestId }),
  ]);
}
