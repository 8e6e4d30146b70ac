/**
 * One model with its provider and the state of its credential, or null. Sets the model's organization for its own select
 * and the asking one again afterwards; the model's organization is the asking one or `platform`.
 */
export const modelRow = /* sql */ `
create or replace function byom.model_row(p_org text, p_model_org text, p_model_id uuid) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  found_row jsonb;
begin
  if p_model_id is null or p_model_org not in (p_org, 'platform') then
    return null;
  end if;
  perform set_config('app.org_id', p_model_org, true);
  select jsonb_build_object(
      'modelOrg', m.org_id,
      'modelId', m.id,
      'ofPlatform', m.org_id = 'platform',
      'provider', p.slug,
      'providerId', p.id,
      'externalId', o.external_id,
      'model', case when m.org_id = 'platform' then 'platform/' else '' end || m.slug,
      'vendor', p.vendor,
      'upstreamId', m.upstream_id,
      'modelEnabled', m.enabled,
      'providerEnabled', p.enabled,
      'settings', p.settings,
      'audience', p.audience,
      'supports', m.supports,
      'limits', m.limits,
      'prices', case when m.input_price is not null and m.output_price is not null then jsonb_build_object(
        'input', m.input_price, 'output', m.output_price,
        'cachedInput', coalesce(m.cached_input_price, m.input_price)) end,
      'credential', case
        when c.serves then 'active'
        when c.serves is not null then 'revoked'
        when p.needs_credential then 'missing'
        else 'not-needed' end)
    into found_row
    from byom.models m join byom.providers p on p.org_id = m.org_id and p.id = m.provider_id
      join byom.organizations o on o.org_id = p.org_id
      cross join lateral (
        select bool_or(c.state = 'active' and c.audience = p.audience) as serves
          from byom.credentials c where c.org_id = p_model_org and c.provider_id = p.id) c
    where m.org_id = p_model_org and m.id = p_model_id and p.org_id = p_model_org;
  perform set_config('app.org_id', p_org, true);
  return found_row;
end
$function$;
`;
