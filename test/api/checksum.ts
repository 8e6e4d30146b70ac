import { ask, type TestDatabase } from '../support/database.ts';

/** Sums over all rows of every table of the registry, by its name; whoever asks sees past every policy. */
export async function checksumOf({ superuserUrl }: TestDatabase): Promise<Readonly<Record<string, string>>> {
  const tables = await tablesOf(superuserUrl);
  const sums = tables.map(
    (name) =>
      `select '${name}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from byom.${name} t`,
  );
  const rows = await ask<{ name: string; sum: string }>(superuserUrl, sums.join(' union all '));
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

const known = new Map<string, readonly string[]>();

async function tablesOf(url: string): Promise<readonly string[]> {
  const rows =
    known.get(url) ??
    (
      await ask<{ name: string }>(
        url,
        `select relname as name from pg_class where relnamespace = 'byom'::regnamespace and relkind = 'r' order by 1`,
      )
    ).map(({ name }) => name);
  if (rows.length < 15) throw new Error('These cannot be all tables.');
  known.set(url, rows);
  return rows;
}
