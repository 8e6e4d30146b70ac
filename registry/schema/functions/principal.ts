/**
 * Who asks, and what was granted to them in which organizations; null where nobody is known. Across organizations, so it
 * belongs to the definer's role. `ask` is `{ tokenHash }` (hex) or `{ subject }`.
 */
export const principal = /* sql */ `
create or replace function byom.principal(ask jsonb) returns jsonb
language sql stable security definer set search_path = pg_catalog, byom, pg_temp
as $function$
  select case
    when ask->>'tokenHash' is not null then (
      select jsonb_build_object('kind', 'token', 'id', t.id, 'grants', (
        select jsonb_agg(jsonb_build_object('org', o, 'role', t.role, 'pipes', to_jsonb(t.pipes)))
          from unnest(coalesce(t.orgs, array[t.org_id])) o))
        from byom.service_tokens t
        where t.token_hash = decode(ask->>'tokenHash', 'hex') and t.revoked_at is null and t.expires_at > now())
    when ask->>'subject' is not null then (
      select jsonb_build_object('kind', 'user', 'id', ask->>'subject', 'grants', coalesce(jsonb_agg(
          jsonb_build_object('org', b.org_id, 'role', b.role, 'pipes', to_jsonb(b.pipes))), '[]'))
        from byom.role_bindings b where b.subject = ask->>'subject')
  end
$function$;
`;
