import { Client } from 'pg';
import type { Haystack } from './haystack.ts';

/**
 * Every table of every schema, as text and as bytes: each column of ours, and Postgres' own tables as a whole, which hold
 * samples of what is in the others.
 */
export async function dumpTables(superuserUrl: string): Promise<readonly Haystack[]> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Table>(tables);
    const haystacks: Haystack[] = [];
    for (const table of rows) haystacks.push(...(await dumpTable(client, table)));
    return haystacks;
  } finally {
    await client.end();
  }
}

interface Table {
  readonly name: string;
  readonly own: boolean;
  readonly columns: readonly string[];
}

const tables = `
select format('%I.%I', n.nspname, c.relname) as name, n.nspname = 'pg_catalog' as own,
  array(select a.attname::text from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and n.nspname not in ('information_schema', 'pg_toast')
order by 1`;

async function dumpTable(client: Client, { name, own, columns }: Table): Promise<readonly Haystack[]> {
  const text = await copy(client, `copy (select * from ${name}) to stdout`);
  // Some of Postgres' own types have no binary form.
  if (own) return [{ place: 'table: pg_catalog', data: text }];
  const binary = await copy(client, `copy (select * from ${name}) to stdout (format binary)`);
  const values = [...textValues(text), ...binaryValues(binary)];
  return values.map(({ column, data }) => ({ place: `table: ${name}.${columns[column] ?? column}`, data }));
}

/** node-postgres reads what `copy` sends and keeps nothing of it, so we listen in. */
async function copy(client: Client, sql: string): Promise<Buffer> {
  const { connection } = client as unknown as { readonly connection: NodeJS.EventEmitter };
  const chunks: Buffer[] = [];
  const keep = ({ chunk }: { readonly chunk: Buffer }) => void chunks.push(Buffer.from(chunk));
  connection.on('copyData', keep);
  try {
    await client.query(sql);
  } finally {
    connection.off('copyData', keep);
  }
  return Buffer.concat(chunks);
}

interface Value {
  readonly column: number;
  readonly data: Buffer;
}

function textValues(copied: Buffer): readonly Value[] {
  return copied
    .toString()
    .split('\n')
    .flatMap((row) => row.split('\t').map((value, column) => ({ column, data: Buffer.from(value) })));
}

/** The format of `copy` with `format binary`: a head, then per row the number of its values, then length and bytes of each. */
function* binaryValues(copied: Buffer): Generator<Value> {
  const signatureBytes = 11;
  let at = signatureBytes + 8 + copied.readInt32BE(signatureBytes + 4);
  for (;;) {
    const count = copied.readInt16BE(at);
    at += 2;
    if (count < 0) return;
    for (let column = 0; column < count; column += 1) {
      const length = copied.readInt32BE(at);
      at += 4;
      if (length < 0) continue; // null
      yield { column, data: copied.subarray(at, at + length) };
      at += length;
    }
  }
}
