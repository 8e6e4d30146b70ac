/**
 * Runs one read within one organization, in one round trip: the setting is there before the query is planned, which a
 * single statement cannot promise. As whoever asks, so it opens nothing that was not open. `$1` are the arguments, `$2` is
 * the organization. Null where there is no such organization.
 */
export const within = /* sql */ `
create or replace function byom.within(org text, query text, args jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  answer jsonb;
begin
  perform set_config('app.org_id', org, true);
  if not exists (select from byom.organizations o where o.org_id = org) then
    return null;
  end if;
  execute query into answer using args, org;
  return answer;
end
$function$;
`;
