import { openDatabase } from '../schema/open-database.ts';
import { toAuditFailure } from './to-audit-failure.ts';

export interface PruneOptions {
  readonly org: string;
  /** Older events go. */
  readonly before: Date;
  readonly actor: string;
  readonly requestId: string;
}

export interface Pruned {
  /** How many events went. */
  readonly events: number;
  /** The last one that went, ever; 0 where none did. */
  readonly seq: string;
}

/** Events per transaction: nobody who changes something waits long for a prune to end. */
const batch = 10_000;

/**
 * Drops the beginning of an organization's audit, and says so in what stays, so that it still verifies. As
 * `byom_maintenance`. Throws `run.invalid` for a chain with a hole, and `registry.unavailable`.
 */
export async function pruneAudit(
  url: string,
  { org, before, actor, requestId }: PruneOptions,
): Promise<Pruned> {
  const database = openDatabase(url, { max: 1 });
  try {
    let events = 0;
    for (;;) {
      const { rows } = await database.raw<{ rows: { found: { pruned: number; seq: string } }[] }>(
        'select byom.prune_audit(?, ?::timestamptz, ?, ?, ?) as found',
        [org, before.toISOString(), batch, actor, requestId],
      );
      const { pruned = 0, seq = '0' } = rows[0]?.found ?? {};
      events += pruned;
      if (pruned < batch) return { events, seq };
    }
  } catch (error) {
    throw toAuditFailure(error, org);
  } finally {
    await database.destroy();
  }
}
