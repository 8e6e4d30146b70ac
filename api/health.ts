import type { Knex } from 'knex';
import { migrationStatus } from '../registry/index.ts';
import type { ApiOptions } from './api-options.ts';

/** Whether this process can serve, and what is missing: 503 where the registry is away or has another schema. */
export async function serveHealth(database: Knex, { databaseUrl, client }: ApiOptions): Promise<Response> {
  const registry = await migrationStatus(databaseUrl).then(
    ({ version, wanted }) => (version === wanted || version === wanted - 1 ? 'ok' : 'other-schema'),
    () => 'unavailable',
  );
  const platform = registry === 'ok' ? await platformState(database) : 'unknown';
  const body = {
    status: registry === 'ok' ? 'ok' : 'unavailable',
    registry,
    platform,
    temporal: client ? 'set' : 'not-set',
  };
  return Response.json(body, registry === 'ok' ? {} : { status: 503, headers: { 'retry-after': '1' } });
}

/** Without the platform's AI a run that has no model of its own ends `policy.no-model`. */
async function platformState(database: Knex): Promise<'present' | 'absent' | 'unknown'> {
  try {
    const { rows } = await database.raw<{ rows: { found: unknown }[] }>(
      `select byom.within('platform', 'select to_jsonb(d.model_id) from byom.default_models d where d.org_id = $2', '{}') as found`,
    );
    return rows[0]?.found == null ? 'absent' : 'present';
  } catch {
    return 'unknown';
  }
}
