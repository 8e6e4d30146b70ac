/**
 * What a test has found so far; with a status it is finished and its secret wiped. Only a running test is written to. A blocked
 * address keeps no time: how long a name took to look up tells of the network that the workers are in.
 */
export const recordTest = /* sql */ `
create or replace function byom.record_test(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  ends boolean := q->>'status' is not null;
begin
  perform set_config('app.org_id', org, true);
  update byom.provider_tests t
    set stages = q->'stages',
      status = coalesce(q->>'status', t.status),
      structured_output = q->>'structuredOutput',
      models = nullif(q->'models', 'null'),
      finished_at = case
        when not ends then null
        when (q->>'blocked')::boolean then t.created_at
        else clock_timestamp() end,
      key_id = case when not ends then t.key_id end,
      wrapped_key = case when not ends then t.wrapped_key end,
      ciphertext = case when not ends then t.ciphertext end
    where t.org_id = org and t.id = (q->>'test')::uuid and t.status = 'running';
  return null;
end
$function$;
`;
