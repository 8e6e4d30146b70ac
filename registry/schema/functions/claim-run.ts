/**
 * Makes this execution the one that owns the run, unless a newer one does, or another start of the same event has already
 * ended. True where it owns it now and no outcome is on record that was asked for later: whoever asked before that, and
 * was stopped in between, is late.
 */
export const claimRun = /* sql */ `
create or replace function byom.claim_run(q jsonb) returns boolean
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
begin
  insert into byom.runs as r
      (org_id, workflow_id, run_id, first_run_id, asked_at_ms, pipe_id, behavior_id)
    values (q->>'org', q->>'workflowId', q->>'runId', q->>'firstRunId',
      (q->>'askedAtMs')::numeric::bigint, q->>'pipe', q->>'behavior')
    on conflict (org_id, workflow_id) do update set
      run_id = excluded.run_id, first_run_id = excluded.first_run_id, asked_at_ms = excluded.asked_at_ms,
      draft = null, sums = null, credits = null, status = null, recorded_at = null
    where r.run_id <> excluded.run_id and r.asked_at_ms < excluded.asked_at_ms
      and (r.draft is null or r.first_run_id = excluded.first_run_id);
  return exists (select from byom.runs r
    where r.org_id = q->>'org' and r.workflow_id = q->>'workflowId' and r.run_id = q->>'runId'
      and r.asked_at_ms <= (q->>'askedAtMs')::numeric::bigint);
end
$function$;
`;
