/** Every organization, for those who run the platform: across organizations, so it belongs to the definer's role. */
export const listOrganizations = /* sql */ `
create or replace function byom.list_organizations(after text, max integer) returns jsonb
language sql stable security definer set search_path = pg_catalog, byom, pg_temp
as $function$
  select coalesce(jsonb_agg(to_jsonb(found) order by found.org), '[]') from (
    select o.org_id as org, o.name, o.revision, to_jsonb(o.engine_queues) as "engineQueues"
      from byom.organizations o where o.org_id > after order by o.org_id limit max) found
$function$;
`;
