/** Every model that an organization may choose from, its own first and then the platform's, as `model_row` tells of each. */
export const optionRows = /* sql */ `
create or replace function byom.option_rows(org text) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  one record;
  found_rows jsonb := '[]';
  owner text;
begin
  foreach owner in array array[org, 'platform'] loop
    continue when owner = 'platform' and org = 'platform';
    perform set_config('app.org_id', owner, true);
    for one in select m.id, m.name from byom.models m where m.org_id = owner order by m.slug limit 1000 loop
      found_rows := found_rows || (byom.model_row(org, owner, one.id) || jsonb_build_object('name', one.name));
      perform set_config('app.org_id', owner, true);
    end loop;
  end loop;
  perform set_config('app.org_id', org, true);
  return found_rows;
end
$function$;
`;
