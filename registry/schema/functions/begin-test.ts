/**
 * A worker takes up a test, or takes it up again where another one was lost over it. A test of an hour ago is given up: nobody
 * waits for it, and the secret that came with it must not lie about. Null where there is nothing to try.
 */
export const beginTest = /* sql */ `
create or replace function byom.begin_test(q jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  org text := q->>'org';
  test byom.provider_tests;
  provider byom.providers;
  credential jsonb;
begin
  perform set_config('app.org_id', org, true);
  update byom.provider_tests t
    set status = 'failed', finished_at = clock_timestamp(), key_id = null, wrapped_key = null, ciphertext = null
    where t.org_id = org and t.status in ('waiting', 'running') and t.created_at < now() - interval '1 hour';
  update byom.provider_tests t set status = 'running'
    where t.org_id = org and t.id = (q->>'test')::uuid and t.status in ('waiting', 'running')
    returning * into test;
  if not found then
    return null;
  end if;
  select * into provider from byom.providers p where p.org_id = org and p.slug = test.provider;
  if test.ciphertext is not null then
    credential := jsonb_build_object('owner', test.id, 'generation', 0, 'audience', test.audience, 'keyId', test.key_id,
      'wrappedKey', encode(test.wrapped_key, 'base64'), 'ciphertext', encode(test.ciphertext, 'base64'));
  else
    select jsonb_build_object('owner', c.provider_id, 'generation', c.generation, 'audience', c.audience,
        'keyId', c.key_id, 'wrappedKey', encode(c.wrapped_key, 'base64'), 'ciphertext', encode(c.ciphertext, 'base64'))
      into credential from byom.credentials c
      where c.org_id = org and c.provider_id = provider.id and c.state = 'active';
  end if;
  return jsonb_build_object('kind', test.kind, 'vendor', test.vendor, 'settings', test.settings,
    'upstreamId', test.upstream_id, 'provider', coalesce(test.provider, 'draft'), 'credential', credential,
    'externalId', (select o.external_id from byom.organizations o where o.org_id = org),
    'supports', (select m.supports from byom.models m where m.org_id = org and m.provider_id = provider.id
      and m.upstream_id = test.upstream_id order by m.slug limit 1));
end
$function$;
`;
