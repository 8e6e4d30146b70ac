import { stale, staleSecret, wipeTest } from '../stale.ts';

const few = (table: string, condition: string): string =>
  `t.ctid = any (array(select t.ctid from byom.${table} t where ${condition} order by t.created_at limit most))`;

/**
 * Deletes at most `most` rows of each kind that nobody asks for any more, of whatever organization; true where there may be
 * more. A worker sees one organization at a time, so this runs as the definer's role, whose policies show it nothing that is
 * younger. Two workers do not sweep at once: the second has nothing to do.
 */
export const sweepStale = /* sql */ `
create or replace function byom.sweep_stale(q jsonb) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  most constant integer := least((q->>'most')::integer, 1000);
  gone integer;
  more boolean := false;
begin
  if not pg_try_advisory_xact_lock(hashtext('byom'), hashtext('sweep')) then
    return to_jsonb(false);
  end if;
${Object.entries(stale)
  .map(
    ([table, condition]) => /* sql */ `
  delete from byom.${table} t where ${few(table, condition)};
  get diagnostics gone = row_count;
  more := more or gone = most;`,
  )
  .join('')}
  update byom.provider_tests t set ${wipeTest}
    where ${few('provider_tests', staleSecret)};
  get diagnostics gone = row_count;
  return to_jsonb(more or gone = most);
end
$function$;
`;
