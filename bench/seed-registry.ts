import { Client } from 'pg';
import { migrate } from '../registry/index.ts';
import type { SandboxPostgres } from '../sandbox/index.ts';

/** A registry of a size: so many organizations with so many assigned Behaviors each. */
export interface RegistrySize {
  readonly organizations: number;
  readonly assignments: number;
  /** Of each organization; 5 by default. */
  readonly providers?: number;
}

const modelsPerOrganization = 10;
export const behaviorsPerPipe = 10;

/** Makes a database of its own and fills it as its owner, in one transaction. */
export async function seedRegistry(
  postgres: SandboxPostgres,
  name: string,
  size: RegistrySize,
): Promise<void> {
  await as(postgres.ownerUrl, (client) => client.query(`create database ${name}`));
  const url = postgres.url('byom_owner', name);
  await migrate(url);
  await as(url, async (client) => {
    await client.query('begin');
    for (let index = 0; index < size.organizations; index += 1) {
      await seedOrganization(client, organizationOf(index), size);
    }
    await client.query('commit');
    // Autovacuum would come to it in a minute, and plans must not change while they are measured.
    await client.query('analyze');
  });
}

export function organizationOf(index: number): string {
  return `org-${index}`;
}

/** Forced row-level security binds the owner too: the rows are written from inside their organization. */
async function seedOrganization(
  client: Client,
  org: string,
  { assignments, providers = 5 }: RegistrySize,
): Promise<void> {
  await client.query(`select set_config('app.org_id', $1, true)`, [org]);
  await client.query('insert into byom.organizations (org_id, name) values ($1, $1)', [org]);
  await client.query(
    `insert into byom.providers (org_id, slug, vendor, name, settings, needs_credential, audience)
     select $1, 'provider-' || n, 'custom', 'Provider ' || n,
       '{"baseUrl": "https://models.example/v1"}', false, 'custom https://models.example:443/v1'
     from generate_series(0, $2::integer - 1) n`,
    [org, providers],
  );
  await client.query(
    `insert into byom.credentials
       (org_id, provider_id, generation, state, key_id, audience, wrapped_key, ciphertext, fingerprint)
     select org_id, id, 1, 'active', 'bench', audience, '', '', '' from byom.providers where org_id = $1`,
    [org],
  );
  await client.query(
    `insert into byom.models (org_id, slug, provider_id, upstream_id, name)
     select $1, 'model-' || n, p.id, 'upstream-' || n, 'Model ' || n
     from generate_series(0, $2::integer - 1) n
     join byom.providers p on p.org_id = $1 and p.slug = 'provider-' || n % $3::integer`,
    [org, modelsPerOrganization, providers],
  );
  await client.query(
    `insert into byom.default_models (org_id, model_org, model_id)
     select org_id, org_id, id from byom.models where org_id = $1 and slug = 'model-0'`,
    [org],
  );
  await client.query(
    `insert into byom.assignments (org_id, pipe_id, behavior_id, model_org, model_id)
     select $1, 'pipe-' || n / $4::integer, 'behavior-' || n, $1, m.id
     from generate_series(0, $2::integer - 1) n
     join byom.models m on m.org_id = $1 and m.slug = 'model-' || n % $3::integer`,
    [org, assignments, modelsPerOrganization, behaviorsPerPipe],
  );
}

async function as(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
