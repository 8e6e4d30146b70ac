import { begin } from './queries/begin.ts';
import { toRegistryFailure } from './queries/ask-postgres.ts';
import { beginTest, recordTest } from './queries/provider-tests.ts';
import { recordLost } from './queries/record-lost.ts';
import { recordOutcome } from './queries/record-outcome.ts';
import { resolve } from './queries/resolve.ts';
import { settle } from './queries/settle.ts';
import { sweepStale } from './queries/sweep-stale.ts';
import type { ProviderTests } from './provider-tests.ts';
import type { LostRun, Registry } from './registry.ts';
import { checkIsolationOf } from './schema/check-isolation.ts';
import { checkSchema } from './schema/migration-status.ts';
import { openDatabase } from './schema/open-database.ts';
import { checkKeys } from './secrets/key-checks.ts';
import type { OpenKeys } from './secrets/key-ring.ts';

export interface RegistryOptions {
  /** The database, as role `byom_worker`; it may be behind PgBouncer. */
  readonly workerUrl: string;
  readonly openKeys: OpenKeys;
  /** Connections at most; 10 by default. */
  readonly connectionsMax?: number;
}

export interface OpenRegistry extends Registry, ProviderTests {
  /** Refuses a schema, a role or a key ring that must not serve. Throws `registry.unavailable` or `model.misconfigured`. */
  ready(): Promise<void>;
  /**
   * Writes the outcome of a run that was terminated or timed out; one that is on record, or belongs to a newer execution,
   * stays. True where it was written.
   */
  recordLost(lost: LostRun): Promise<boolean>;
  /**
   * Deletes, of every organization, a batch of what nobody asks for any more: answers and idempotency keys after 24 hours,
   * provider tests after 30 days, secrets of tests after an hour. True where there may be more.
   */
  sweepStale(): Promise<boolean>;
  close(): Promise<void>;
}

/** A local activity has two seconds per try, and an answer from Postgres is a matter of milliseconds. */
const statementTimeoutMs = 1_500;

/** The registry of a worker. Opens no connection before it is asked. */
export function createRegistry({ workerUrl, openKeys, connectionsMax = 10 }: RegistryOptions): OpenRegistry {
  const database = openDatabase(workerUrl, { max: connectionsMax, statementTimeoutMs });
  return {
    resolve: (question) => resolve(database, question),
    begin: (call) => begin(database, openKeys, call),
    settle: (call) => settle(database, openKeys, call),
    recordOutcome: (record) => recordOutcome(database, record),
    recordLost: (lost) => recordLost(database, lost),
    sweepStale: () => sweepStale(database),
    beginTest: (request) => beginTest(database, openKeys, request),
    recordTest: (found) => recordTest(database, found),
    ready: async () => {
      try {
        await checkSchema(database);
        await checkIsolationOf(database);
        await checkKeys(database, openKeys);
      } catch (error) {
        throw toRegistryFailure(error);
      }
    },
    close: () => database.destroy(),
  };
}
