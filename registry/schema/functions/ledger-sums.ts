/** The ledger's part of an outcome: hops of this execution, and usage and cost over all calls of the workflow id. */
export const ledgerSums = /* sql */ `
create or replace function byom.ledger_sums(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  hops jsonb;
  usage jsonb;
  cost jsonb;
begin
  perform set_config('app.org_id', org, true);
  select coalesce(jsonb_agg(jsonb_build_object('hop', h.hop, 'calls', h.calls, 'usage', h.usage) order by h.hop), '[]')
    into hops from (
      select a.hop, count(*) as calls, byom.usage_of(sum(a.input_tokens), sum(a.output_tokens),
          sum(a.cached_input_tokens), sum(a.reasoning_tokens)) as usage
        from byom.attempts a
        where a.org_id = org and a.run_id = q->>'runId' and a.state <> 'refused'
        group by a.hop) h;
  select byom.usage_of(sum(a.input_tokens), sum(a.output_tokens), sum(a.cached_input_tokens),
      sum(a.reasoning_tokens))
    into usage from byom.attempts a where a.org_id = org and a.workflow_id = q->>'workflowId';
  select jsonb_build_object('amount', trim_scale(sum(a.cost))::text, 'currency', a.currency)
    into cost from byom.attempts a
    where a.org_id = org and a.workflow_id = q->>'workflowId' and a.cost is not null
    group by a.currency
    order by max(a.call) desc, a.currency limit 1;
  return jsonb_build_object('hops', hops, 'usage', usage, 'cost', cost);
end
$function$;
`;
