/**
 * Writes the outcome of an owned run, forgets its answers and returns what the ledger knows. A call that is still `sent`
 * by now is one whose end nobody will tell, but for an aborted run: its call may be on its way to say `cancelled`.
 */
export const endRun = /* sql */ `
create or replace function byom.end_run(q jsonb, p_draft jsonb, p_credits numeric) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  summed jsonb := byom.ledger_sums(q) || jsonb_build_object('credits', p_credits);
begin
  if p_draft->>'status' <> 'aborted' then
    update byom.attempts a set state = 'unknown', settled_at = clock_timestamp()
      where a.org_id = q->>'org' and a.run_id = q->>'runId' and a.state = 'sent';
  end if;
  update byom.runs r set draft = p_draft, sums = summed, credits = p_credits, status = p_draft->>'status',
      recorded_at = clock_timestamp(),
      asked_at_ms = greatest(r.asked_at_ms, (q->>'askedAtMs')::numeric::bigint)
    where r.org_id = q->>'org' and r.workflow_id = q->>'workflowId' and r.run_id = q->>'runId';
  delete from byom.attempt_answers s where s.org_id = q->>'org' and s.run_id = q->>'runId';
  return summed;
end
$function$;
`;
