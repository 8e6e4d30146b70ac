import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../contract/index.ts';
import { appendAudit } from '../apply/append-audit.ts';
import { countRevision, enterOrganization } from '../apply/within-organization.ts';
import { Refused } from './refused.ts';
import { toManagementFailure } from './to-management-failure.ts';

/** Who changes what, and whether for real. */
export interface ChangeOptions {
  readonly org: string;
  /** Kind and id of the principal, as the audit keeps it: `token:…`, `user:issuer#sub`. */
  readonly actor: string;
  readonly requestId: string;
  /** The same transaction, rolled back: nothing is written, sealed, sent or audited. */
  readonly dryRun: boolean;
  /** Aborted once nobody waits for the answer any more: nothing is committed after that. */
  readonly signal?: AbortSignal;
}

/** What one change did, in the words of the API and without secrets: the audit keeps it, and a dry run reports it. */
export interface Change<T> {
  /** Verb and kind: `model.put`. */
  readonly action: string;
  /** Where it stands below the organization: `models/gpt-mini`. */
  readonly resource: string;
  readonly before: object | null;
  readonly after: object | null;
  readonly result: T;
}

export interface Changed<T> extends Change<T> {
  /** False where everything was as asked for. */
  readonly changed: boolean;
  /** The revision that the organization has now; for a dry run, the one it would have. */
  readonly revision: string;
}

/**
 * One change of an organization in one transaction: under its lock, counted in its revision and written into its audit
 * where something changed. `make` may make the organization first. Throws `Refused`, and `registry.unavailable`.
 */
export async function changeAs<T>(
  database: Knex,
  options: ChangeOptions,
  work: (transaction: Knex.Transaction) => Promise<Change<T>>,
  make?: (transaction: Knex.Transaction) => Promise<void>,
): Promise<Changed<T>> {
  const { org, actor, requestId, dryRun, signal } = options;
  const rolledBack = new RolledBack();
  try {
    return await database.transaction(async (transaction) => {
      await enterOrganization(transaction, org);
      await make?.(transaction);
      const locked = (await transaction('byom.organizations')
        .where({ org_id: org })
        .forUpdate()
        .first('revision')) as { revision: string } | undefined;
      if (locked === undefined) throw new Refused('not-found', 'There is no such organization.');
      const change = await work(transaction);
      const changed = !isDeepStrictEqual(change.before, change.after);
      const revision = changed ? String(BigInt(locked.revision) + 1n) : locked.revision;
      if (dryRun) {
        rolledBack.answer = { ...change, changed, revision };
        throw rolledBack;
      }
      if (changed) {
        await countRevision(transaction, org);
        await appendAudit(transaction, org, { ...change, actor, requestId });
      }
      if (signal?.aborted === true) throw new Failure('registry.unavailable', 'The change took too long.');
      return { ...change, changed, revision };
    });
  } catch (error) {
    if (error === rolledBack) return rolledBack.answer as Changed<T>;
    throw error instanceof Refused ? error : toManagementFailure(error);
  }
}

/** Thrown to roll a dry run back; carries its report out. */
class RolledBack extends Error {
  answer: unknown;
}
