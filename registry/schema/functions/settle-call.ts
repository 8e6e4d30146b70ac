/**
 * Ends one call: a row leaves `sent` once, and only that moves money. True where the row is (or was) ended this way. The
 * answer is kept for a next try, so not where the run is over or another execution's.
 */
export const settleCall = /* sql */ `
create or replace function byom.settle_call(p_org text, p_run text, p_call integer, result jsonb) returns boolean
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  usage jsonb := result->'usage';
  settled byom.attempts;
  model_slug text;
  observed record;
begin
  update byom.attempts a set
      state = result->>'state',
      valid = (result->>'valid')::boolean,
      failure = result->>'failure',
      refused_mode = result->>'refusedMode',
      input_tokens = (usage->>'inputTokens')::bigint,
      output_tokens = (usage->>'outputTokens')::bigint,
      cached_input_tokens = (usage->>'cachedInputTokens')::bigint,
      reasoning_tokens = (usage->>'reasoningTokens')::bigint,
      cost = (((usage->>'inputTokens')::numeric - coalesce((usage->>'cachedInputTokens')::numeric, 0))
          * (a.prices->>'input')::numeric
        + coalesce((usage->>'cachedInputTokens')::numeric, 0) * (a.prices->>'cachedInput')::numeric
        + (usage->>'outputTokens')::numeric * (a.prices->>'output')::numeric) / 1000000,
      settled_at = clock_timestamp()
    where a.org_id = p_org and a.run_id = p_run and a.call = p_call and a.state = 'sent'
    returning * into settled;
  if not found then
    return exists (select from byom.attempts a where a.org_id = p_org and a.run_id = p_run and a.call = p_call
      and a.state = 'answered' and result->>'state' = 'answered');
  end if;
  if result->>'sealed' is not null and exists (select from byom.runs r where r.org_id = p_org
      and r.workflow_id = settled.workflow_id and r.run_id = p_run and r.draft is null) then
    insert into byom.attempt_answers (org_id, run_id, call, key_id, day, sealed)
      values (p_org, p_run, p_call, result->>'keyId', (result->>'day')::date, decode(result->>'sealed', 'base64'));
  end if;
  if settled.refused_mode is not null then
    model_slug := regexp_replace(settled.model, '^platform/', '');
    perform set_config('app.org_id', case when settled.model = model_slug then p_org else 'platform' end, true);
    select m.org_id, m.id into observed from byom.models m
      where m.org_id = case when settled.model = model_slug then p_org else 'platform' end and m.slug = model_slug;
    perform set_config('app.org_id', p_org, true);
    if observed.id is not null then
      insert into byom.model_observations (org_id, model_org, model_id, refused_mode)
        values (p_org, observed.org_id, observed.id, settled.refused_mode)
        on conflict (org_id, model_org, model_id, refused_mode) do update set at = now();
    end if;
  end if;
  return true;
end
$function$;
`;
