/** Who connects at run time. None of them owns anything. */
const loginRoles = ['byom_api', 'byom_worker', 'byom_maintenance'] as const;

/** Nobody connects as it; it owns the few functions that look across organizations. */
export const definerRole = 'byom_definer';

/** Roles belong to the cluster: another database's migration may make them at the same moment. */
export const roles = /* sql */ `
do $roles$
declare
  role_name text;
begin
  foreach role_name in array array['${[...loginRoles, definerRole].join("', '")}'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute format('create role %I %s', role_name, case role_name when '${definerRole}' then 'nologin' else 'login' end);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;
  -- Only a member may hand a function over, and whoever made the role may make itself one. Another database's migration
  -- may do the same at this moment; without the right, handing over fails below and says so.
  if not pg_has_role(current_user, '${definerRole}', 'usage') then
    begin
      execute format('grant ${definerRole} to %I', current_user);
    exception when insufficient_privilege or internal_error then
      null;
    end;
  end if;
end
$roles$;
`;
