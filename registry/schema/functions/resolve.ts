/** The rows for one question, or the outcome that this event already has from a run that Temporal has forgotten. */
export const resolve = /* sql */ `
create or replace function byom.resolve(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  ran jsonb;
begin
  perform set_config('app.org_id', q->>'org', true);
  select jsonb_build_object('draft', r.draft, 'sums', r.sums) into ran from byom.runs r
    where r.org_id = q->>'org' and r.workflow_id = q->>'workflowId'
      and r.draft is not null and r.first_run_id <> q->>'firstRunId';
  if found then
    return jsonb_build_object('ran', ran);
  end if;
  return jsonb_build_object('rows', byom.plan_rows(q) || jsonb_build_object('counts', byom.call_counts(q)));
end
$function$;
`;
