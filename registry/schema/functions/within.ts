/**
 * Runs one read within one organization, in one round trip: the setting is there before the query is planned, which a
 * single statement cannot promise. As whoever asks, so it opens nothing that was not open. `$1` are the arguments, `$2` is
 * the organization.
 */
export const within = /* sql */ `
create or replace function byom.within(org text, query text, args jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  answer jsonb;
begin
  perform set_config('app.org_id', org, true);
  execute query into answer using args, org;
  return answer;
end
$function$;
`;
