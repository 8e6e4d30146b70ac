/** The name by which an organization chooses a model: a slug of its own, or `platform/<slug>`. */
export const modelSlug = /* sql */ `
create or replace function byom.model_slug(org text, model_org text, model_id uuid) returns text
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  slug text;
begin
  if model_id is null then
    return null;
  end if;
  perform set_config('app.org_id', model_org, true);
  select m.slug into slug from byom.models m where m.org_id = model_org and m.id = model_id;
  perform set_config('app.org_id', org, true);
  return case when model_org = org then slug else 'platform/' || slug end;
end
$function$;
`;
