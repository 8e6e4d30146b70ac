/** Keeps, per key, how many credentials it must still open: no role that serves may count across organizations. */
export const countCredentials = /* sql */ `
create or replace function byom.count_credentials() returns trigger
language plpgsql volatile security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
begin
  if tg_op <> 'INSERT' and old.state <> 'revoked' then
    update byom.key_checks set credentials = credentials - 1 where key_id = old.key_id;
  end if;
  if tg_op <> 'DELETE' and new.state <> 'revoked' then
    update byom.key_checks set credentials = credentials + 1 where key_id = new.key_id;
  end if;
  return null;
end
$function$;
create or replace trigger count_credentials after insert or update or delete on byom.credentials
  for each row execute function byom.count_credentials();
`;
