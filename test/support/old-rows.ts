import { ask } from './database.ts';

/** A call of a run, `days` old, with its run's row beside it: ended as long ago, or still open. */
export async function insertOldRun(
  url: string,
  { org, id, days, open = false }: { org: string; id: string; days: number; open?: boolean },
): Promise<void> {
  await ask(
    url,
    `with attempt as (
       insert into byom.attempts (org_id, run_id, call, workflow_id, first_run_id, pipe_id, behavior_id, round, hop, attempt,
           purpose, layer, reason, provider, model, vendor, state, currency, revision, question, sent_at)
         values ($1, $2, 1, $2, $2, 'p', 'b', 0, 1, 1, 'answer', 'behavior', 'assigned', 'x', 'y', 'custom', $4, 'USD', 1, '{}',
           now() - make_interval(days => $3)))
     insert into byom.runs (org_id, workflow_id, run_id, first_run_id, asked_at_ms, pipe_id, behavior_id, created_at, recorded_at)
       values ($1, $2, $2, $2, 1, 'p', 'b', now() - make_interval(days => $3),
         case when $4 = 'sent' then null else now() - make_interval(days => $3) end)`,
    [org, id, days, open ? 'sent' : 'answered'],
  );
}

/** The stored answer of that call; hours. */
export async function insertOldAnswer(url: string, org: string, run: string, hours: number): Promise<void> {
  await ask(
    url,
    `insert into byom.attempt_answers (org_id, run_id, call, key_id, day, sealed, created_at)
       values ($1, $2, 1, 'k', current_date, '\\x01', now() - make_interval(hours => $3))`,
    [org, run, hours],
  );
}

/** A test of a draft that still waits, with the secret that came with it; hours. */
export async function insertOldTest(url: string, org: string, vendor: string, hours: number): Promise<void> {
  await ask(
    url,
    `insert into byom.provider_tests
         (org_id, kind, vendor, settings, audience, requested_by, key_id, wrapped_key, ciphertext, created_at)
       values ($1, 'draft', $2, '{}', 'a', 'test', 'k', '\\x01', '\\x01', now() - make_interval(hours => $3))`,
    [org, vendor, hours],
  );
}

export async function insertOldKey(url: string, org: string, key: string, hours: number): Promise<void> {
  await ask(
    url,
    `insert into byom.idempotency_keys (org_id, principal, key, fingerprint, status, created_at)
       values ($1, 'test', $2, '\\x01', 201, now() - make_interval(hours => $3))`,
    [org, key, hours],
  );
}

/** What is there of them, by name. */
export async function leftOf(url: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const [row] = await ask<Record<string, readonly string[]>>(
    url,
    `select
       array(select run_id from byom.attempts order by 1) as attempts,
       array(select workflow_id from byom.runs order by 1) as runs,
       array(select run_id from byom.attempt_answers order by 1) as answers,
       array(select vendor || ' ' || status || case when num_nulls(key_id, wrapped_key, ciphertext) = 3 then '' else ' sealed' end
         from byom.provider_tests order by 1) as tests,
       array(select key from byom.idempotency_keys order by 1) as keys`,
  );
  return row ?? {};
}
