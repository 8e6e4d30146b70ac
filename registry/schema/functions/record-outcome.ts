/** The outcome of a run, once more or for the first time. A superseded execution gets its sums and changes nothing. */
export const recordOutcome = /* sql */ `
create or replace function byom.record_outcome(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  late jsonb;
begin
  perform set_config('app.org_id', org, true);
  if not exists (select from byom.organizations o where o.org_id = org) then
    raise exception 'organization is not registered' using errcode = 'BY001';
  end if;
  for late in select value from jsonb_array_elements(q->'unsettled') loop
    perform byom.settle_call(org, q->>'runId', (late->>'call')::integer,
      late || '{"state": "answered", "valid": true}');
  end loop;
  if not byom.claim_run(q) then
    return byom.ledger_sums(q) || jsonb_build_object('credits', q->'credits');
  end if;
  return byom.end_run(q, q->'draft', (q->>'credits')::numeric);
end
$function$;
`;
