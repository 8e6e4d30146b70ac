/**
 * When a row `t` is one that nobody asks for any more: an answer serves a run that is tried again, a key a caller who asks
 * again, and a test is looked at for a while.
 */
export const stale = {
  attempt_answers: `t.created_at < now() - interval '24 hours'`,
  provider_tests: `t.created_at < now() - interval '30 days'`,
  idempotency_keys: `t.created_at < now() - interval '24 hours'`,
} as const;

/** A test `t` that nobody waits for any more still holds the secret that came with it. */
export const staleSecret = `t.key_id is not null and t.created_at < now() - interval '1 hour'`;

/** Given up and wiped; the row says so for as long as any other test. */
export const wipeTest = `status = case when t.status in ('waiting', 'running') then 'failed' else t.status end,
    finished_at = coalesce(t.finished_at, now()), key_id = null, wrapped_key = null, ciphertext = null`;

/** A credential `t` was a spare for the first quarter of an hour of the one that came after it. */
export const retired = `t.state = 'retiring' and exists (select from byom.credentials next
    where next.org_id = t.org_id and next.provider_id = t.provider_id and next.generation > t.generation
      and next.created_at < now() - interval '15 minutes')`;

/** What describes a credential stays; the secret goes. */
export const shred = `state = 'revoked', wrapped_key = null, ciphertext = null`;
