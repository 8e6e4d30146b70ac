/** How one call ended. With `ends` it also ends the run, unless the call or the execution was superseded: then null. */
export const settle = /* sql */ `
create or replace function byom.settle(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  ends jsonb := q->'result'->'ends';
begin
  perform set_config('app.org_id', org, true);
  if not byom.settle_call(org, q->>'runId', (q->>'call')::integer, q->'result')
    or jsonb_typeof(ends) is distinct from 'object'
    or not byom.claim_run(q) then
    return null;
  end if;
  return byom.end_run(q, ends->'draft', (ends->>'credits')::numeric);
end
$function$;
`;
