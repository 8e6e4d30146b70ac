/** Calls of (current run id, round): refused ones nowhere, a refused mode towards the round but not towards its model. */
export const callCounts = /* sql */ `
create or replace function byom.call_counts(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
begin
  return (
    select jsonb_build_object('round', coalesce(sum(m.calls), 0),
        'byModel', coalesce(jsonb_object_agg(m.model, m.counted) filter (where m.model is not null), '{}'))
      from (
        select a.model, count(*) as calls, count(*) filter (where a.refused_mode is null) as counted
          from byom.attempts a
          where a.org_id = q->>'org' and a.run_id = q->>'runId' and a.round = (q->>'round')::integer
            and a.state <> 'refused'
          group by a.model) m);
end
$function$;
`;
