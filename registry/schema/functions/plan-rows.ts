/**
 * Everything that policy decides on at this moment but `counts`, the calls of a run so far. `q.wanted` names one more model: an operator's order, or
 * the candidate of a call.
 */
export const planRows = /* sql */ `
create or replace function byom.plan_rows(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  pipe text := q->>'pipe';
  behavior text := q->>'behavior';
  wanted text := q->>'wanted';
  organization byom.organizations;
  assigned byom.assignments;
  by_default byom.default_models;
  platform_default byom.default_models;
  rules jsonb;
  approvals jsonb;
  wanted_org text := case when wanted like 'platform/%' then 'platform' else org end;
  wanted_id uuid;
begin
  perform set_config('app.org_id', org, true);
  select * into organization from byom.organizations o where o.org_id = org;
  if not found or org = 'platform' then
    raise exception 'organization is not registered' using errcode = 'BY001';
  end if;
  select * into assigned from byom.assignments a
    where a.org_id = org and a.pipe_id = pipe and a.behavior_id = behavior;
  select * into by_default from byom.default_models d where d.org_id = org;
  select coalesce(jsonb_agg(jsonb_build_object('dataClass', r.data_class, 'providers', to_jsonb(r.providers),
      'onFailure', r.on_failure, 'onExhausted', r.on_exhausted) order by r.behavior_id desc), '[]')
    into rules from byom.rules r
    where r.org_id = org and r.pipe_id = pipe and r.behavior_id in ('', behavior);
  select coalesce(jsonb_agg(jsonb_build_object('class', c.class, 'platform', c.platform, 'providers', (
      select coalesce(jsonb_agg(p.slug), '[]') from byom.data_class_providers a
        join byom.providers p on p.org_id = a.org_id and p.id = a.provider_id
        where a.org_id = org and a.class = c.class and p.org_id = org))), '[]')
    into approvals from byom.data_classes c where c.org_id = org;
  perform set_config('app.org_id', 'platform', true);
  select * into platform_default from byom.default_models d where d.org_id = 'platform';
  if wanted is not null then
    perform set_config('app.org_id', wanted_org, true);
    select m.id into wanted_id from byom.models m
      where m.org_id = wanted_org and m.slug = regexp_replace(wanted, '^platform/', '');
  end if;
  perform set_config('app.org_id', org, true);

  return jsonb_build_object(
    'organization', to_jsonb(organization),
    'rules', rules,
    'approvals', approvals,
    'assigned', byom.model_row(org, assigned.model_org, assigned.model_id),
    'byDefault', byom.model_row(org, by_default.model_org, by_default.model_id),
    'platform', byom.model_row(org, platform_default.model_org, platform_default.model_id),
    'wanted', byom.model_row(org, wanted_org, wanted_id));
end
$function$;
`;
