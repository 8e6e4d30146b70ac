import type { Knex } from 'knex';

export type Written = 'created' | 'changed' | 'unchanged';

/** A value as the driver takes it; an object is jsonb. */
type Value = string | number | boolean | null | Buffer | readonly string[] | object;

/**
 * Inserts a row or changes it where a value differs; Postgres compares, so `0.10` is `0.1` and the order of a jsonb's
 * keys says nothing.
 */
export async function upsert(
  transaction: Knex.Transaction,
  table: string,
  key: Readonly<Record<string, Value>>,
  values: Readonly<Record<string, Value>>,
): Promise<Written> {
  const row = { ...key, ...values };
  const columns = Object.keys(row);
  const changing = Object.keys(values);
  const list = (names: readonly string[], form: string) => names.map(() => form).join(', ');
  const onConflict =
    changing.length === 0
      ? 'do nothing'
      : `do update set ${list(changing, '?? = excluded.??')}
         where (${list(changing, 't.??')}) is distinct from (${list(changing, 'excluded.??')})`;
  const { rows } = await transaction.raw<{ rows: { created: boolean }[] }>(
    `insert into byom.?? as t (${list(columns, '??')}) values (${list(columns, '?')})
     on conflict (${list(Object.keys(key), '??')}) ${onConflict}
     returning (t.xmax = 0) as created`,
    [
      table,
      ...columns,
      ...Object.values(row).map(toDriver),
      ...Object.keys(key),
      ...(changing.length === 0 ? [] : [...changing.flatMap((one) => [one, one]), ...changing, ...changing]),
    ] as Knex.RawBinding[],
  );
  const [written] = rows;
  if (written === undefined) return 'unchanged';
  return written.created ? 'created' : 'changed';
}

function toDriver(value: Value): unknown {
  const isJson =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
  return isJson ? JSON.stringify(value) : value;
}
