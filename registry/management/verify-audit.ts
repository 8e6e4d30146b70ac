import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { enterOrganization } from '../apply/within-organization.ts';
import { openDatabase } from '../schema/open-database.ts';
import { listEveryOrganization } from './list-every-organization.ts';
import { toAuditFailure } from './to-audit-failure.ts';

/** One end of a chain: the number of an event and the hash that stands there. */
export interface AuditHead {
  readonly seq: string;
  /** SHA-256 in hex; empty before the first event. */
  readonly hash: string;
}

/** Where a chain is not what it was. */
export interface AuditFault {
  /** The first event that is not as it was written, or is not there. */
  readonly seq: string;
  readonly what:
    /** It does not have the hash of what it says. */
    | 'edited'
    /** It does not follow on the event before it: one of the two was put there. */
    | 'moved'
    /** It is not there, and later ones are. */
    | 'deleted'
    /** From it on everything is gone. */
    | 'cut-off'
    /** Nothing tells that the events up to this one were dropped. */
    | 'dropped'
    /** The head does not know it. */
    | 'unknown-to-head'
    /** It has another hash than the head that was exported. */
    | 'not-as-exported'
    /** It was dropped for its age, so what was exported can be compared with nothing. */
    | 'pruned';
}

export interface VerifiedAudit {
  readonly org: string;
  readonly events: number;
  readonly head: AuditHead;
  readonly fault: AuditFault | null;
}

export interface VerifyOptions {
  /** One organization; null: every one. */
  readonly org: string | null;
  /** A head of that organization, as it was exported before. */
  readonly exported: AuditHead | null;
}

const batch = 1_000;

/**
 * Follows the chain of each organization from its beginning, in batches, in one snapshot, and computes every hash anew from
 * what is stored. As `byom_maintenance`, or as the owner. Throws `run.invalid` for an
 * organization that is not there, and `registry.unavailable`.
 */
export async function* verifyAudit(
  url: string,
  { org, exported }: VerifyOptions,
): AsyncGenerator<VerifiedAudit> {
  const database = openDatabase(url, { max: 1 });
  try {
    for await (const one of org === null ? listEveryOrganization(database) : [org])
      yield await within(database, one, (transaction) => verifyChain(transaction, one, exported));
  } catch (error) {
    throw toAuditFailure(error, org);
  } finally {
    await database.destroy();
  }
}

/** The head to export, so that a tail cut off later shows; seq 0 where nothing was ever changed. Throws `registry.unavailable`. */
export async function readAuditHead(url: string, org: string): Promise<AuditHead> {
  const database = openDatabase(url, { max: 1 });
  try {
    const { head } = await within(database, org, (transaction) => readEnds(transaction, org));
    return head;
  } catch (error) {
    throw toAuditFailure(error, org);
  } finally {
    await database.destroy();
  }
}

/** In the organization, since row-level security binds the owner too. */
async function within<T>(
  database: Knex,
  org: string,
  work: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  return database.transaction(
    async (transaction) => {
      await enterOrganization(transaction, org);
      const found: unknown = await transaction('byom.organizations').where({ org_id: org }).first('org_id');
      if (found === undefined) throw new Failure('run.invalid', `There is no organization ${org}.`);
      return work(transaction);
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

async function verifyChain(
  transaction: Knex.Transaction,
  org: string,
  exported: AuditHead | null,
): Promise<VerifiedAudit> {
  const { head, pruned } = await readEnds(transaction, org);
  let last = pruned;
  let events = 0;
  // What the head says was dropped has to stand in the chain as well.
  let isDropTold = pruned.seq === '0';
  let isExportSeen = exported === null || sameHead(exported, pruned) || exported.seq === '0';
  const ended = (fault: AuditFault | null): VerifiedAudit => ({ org, events, head, fault });

  for (;;) {
    const rows = await readEvents(transaction, org, last.seq);
    for (const event of rows) {
      const fault = faultOf(event, last);
      if (fault !== null) return ended(fault);
      if (exported?.seq === event.seq) {
        if (exported.hash !== event.hash) return ended({ seq: event.seq, what: 'not-as-exported' });
        isExportSeen = true;
      }
      isDropTold ||= event.dropped?.seq === pruned.seq && event.dropped.hash === pruned.hash;
      last = event;
      events += 1;
    }
    if (rows.length < batch) break;
  }
  if (BigInt(head.seq) > BigInt(last.seq)) return ended({ seq: next(last.seq), what: 'cut-off' });
  if (!sameHead(head, last)) return ended({ seq: last.seq, what: 'unknown-to-head' });
  if (!isDropTold) return ended({ seq: pruned.seq, what: 'dropped' });
  if (exported === null || isExportSeen) return ended(null);
  if (BigInt(exported.seq) > BigInt(last.seq)) return ended({ seq: next(last.seq), what: 'cut-off' });
  const what = exported.seq === pruned.seq ? 'not-as-exported' : 'pruned';
  return ended({ seq: exported.seq, what });
}

interface StoredEvent extends AuditHead {
  readonly previous: string;
  readonly computed: string;
  /** For an event that tells of dropped ones: up to which. */
  readonly dropped: Partial<AuditHead> | null;
}

function faultOf({ seq, hash, previous, computed }: StoredEvent, last: AuditHead): AuditFault | null {
  if (seq !== next(last.seq)) return { seq: next(last.seq), what: 'deleted' };
  if (computed !== hash) return { seq, what: 'edited' };
  return previous === last.hash ? null : { seq, what: 'moved' };
}

async function readEvents(
  transaction: Knex.Transaction,
  org: string,
  after: string,
): Promise<readonly StoredEvent[]> {
  const { rows } = await transaction.raw<{ rows: StoredEvent[] }>(
    `select e.seq::text, encode(e.hash, 'hex') as hash, encode(e.previous_hash, 'hex') as previous,
       encode(byom.audit_hash(e), 'hex') as computed, case e.action when 'audit.prune' then e.after end as dropped
     from byom.audit_events e where e.org_id = ? and e.seq > ? order by e.seq limit ?`,
    [org, after, batch],
  );
  return rows;
}

async function readEnds(
  transaction: Knex.Transaction,
  org: string,
): Promise<{ readonly head: AuditHead; readonly pruned: AuditHead }> {
  const { rows } = await transaction.raw<{
    rows: { seq: string; hash: string; pruned_seq: string; pruned_hash: string }[];
  }>(
    `select h.seq::text, encode(h.hash, 'hex') as hash, h.pruned_seq::text, encode(h.pruned_hash, 'hex') as pruned_hash
     from byom.audit_heads h where h.org_id = ?`,
    [org],
  );
  const { seq = '0', hash = '', pruned_seq = '0', pruned_hash = '' } = rows[0] ?? {};
  return { head: { seq, hash }, pruned: { seq: pruned_seq, hash: pruned_hash } };
}

function sameHead(one: AuditHead, other: AuditHead): boolean {
  return one.seq === other.seq && one.hash === other.hash;
}

function next(seq: string): string {
  return String(BigInt(seq) + 1n);
}
