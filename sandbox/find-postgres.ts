import { startPostgres } from './postgres.ts';

/** A Postgres to use: one of our own, or the one that `BYOM_DATABASE_URL` names, whose owner may create roles. */
export interface FoundPostgres {
  readonly port: number;
  readonly ownerUrl: string;
  /** The same database as another role. */
  url(role: string): string;
  close(): Promise<void>;
}

/** Starts a Postgres, or takes the one the environment names. */
export async function findPostgres(env: NodeJS.ProcessEnv): Promise<FoundPostgres> {
  const given = env['BYOM_DATABASE_URL'];
  if (given === undefined || given === '') return startPostgres();
  const owner = new URL(given);
  const roles: Readonly<Record<string, string | undefined>> = {
    byom_owner: given,
    byom_api: env['BYOM_API_DATABASE_URL'],
    byom_worker: env['BYOM_WORKER_DATABASE_URL'],
  };
  return {
    port: Number(owner.port || '5432'),
    ownerUrl: given,
    url: (role) => roles[role] ?? asRole(owner, role),
    close: async () => {},
  };
}

function asRole(owner: URL, role: string): string {
  const url = new URL(owner);
  url.username = role;
  url.password = '';
  return url.href;
}
