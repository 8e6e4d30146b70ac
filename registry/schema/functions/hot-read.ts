/** `byom.within` for one query that never changes. The same parameters in the same places, so the same text. */
export function hotRead(name: string, query: string): string {
  return /* sql */ `
create or replace function byom.${name}(args jsonb, org text) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  answer jsonb;
begin
  perform set_config('app.org_id', $2, true);
  if not exists (select from byom.organizations o where o.org_id = $2) then
    return null;
  end if;
  select found.answer into answer from (${query}) as found(answer) limit 1;
  return answer;
end
$function$;
`;
}
