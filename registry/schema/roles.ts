/** Who connects at run time. None of them owns anything. */
const roleNames = ['byom_api', 'byom_worker', 'byom_maintenance'] as const;

/** Roles belong to the cluster: another database's migration may make them at the same moment. */
export const roles = /* sql */ `
do $roles$
declare
  role_name text;
begin
  foreach role_name in array array['${roleNames.join("', '")}'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute format('create role %I login', role_name);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;
end
$roles$;
`;
