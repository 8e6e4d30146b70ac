import type { Knex } from 'knex';

const batch = 1_000;

/** The ids of all organizations in their order, for those who look after the database. */
export async function* listEveryOrganization(database: Knex): AsyncGenerator<string> {
  let after = '';
  for (;;) {
    const { rows } = await database.raw<{ rows: { found: { org: string }[] }[] }>(
      'select byom.list_organizations(?, ?) as found',
      [after, batch],
    );
    const found = rows[0]?.found ?? [];
    for (const { org } of found) yield org;
    after = found.at(-1)?.org ?? after;
    if (found.length < batch) return;
  }
}
