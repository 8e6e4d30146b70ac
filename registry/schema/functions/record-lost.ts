/**
 * The outcome of a run that can no longer tell its own, unless it is on record already or a newer execution has taken the
 * run over. True where it was written. In any case a call that nobody will settle any more may have been billed.
 */
export const recordLost = /* sql */ `
create or replace function byom.record_lost(q jsonb) returns boolean
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
begin
  perform set_config('app.org_id', org, true);
  if not exists (select from byom.organizations o where o.org_id = org) then
    raise exception 'organization is not registered' using errcode = 'BY001';
  end if;
  update byom.attempts a set state = 'unknown', settled_at = clock_timestamp()
    where a.org_id = org and a.run_id = q->>'runId' and a.state = 'sent';
  if not byom.claim_run(q) or exists (select from byom.runs r
      where r.org_id = org and r.workflow_id = q->>'workflowId' and r.draft is not null) then
    return false;
  end if;
  perform byom.end_run(q, q->'draft', null);
  return true;
end
$function$;
`;
