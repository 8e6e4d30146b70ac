import type { AuditEntry } from '../apply/append-audit.ts';
import { ofOrg, type OrgQuery } from './read.ts';

/** One change of an organization, as it was made. */
export interface AuditEvent extends AuditEntry {
  readonly seq: string;
  readonly at: string;
  /** SHA-256 over this event and the hash before it, hex. */
  readonly hash: string;
}

/** Newest first, before `before`; one more than `limit`. */
export function listAuditEvents(page: {
  readonly before: string | null;
  readonly limit: number;
  readonly resource: string | null;
  readonly actor: string | null;
}): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(jsonb_build_object('seq', e.seq::text, 'at', e.at, 'actor', e.actor, 'action', e.action,
        'resource', e.resource, 'before', e.before, 'after', e.after, 'requestId', e.request_id,
        'hash', encode(e.hash, 'hex')) order by e.seq desc), '[]')
      from (select * from byom.audit_events e where ${ofOrg('e')}
        and ($1->>'before' is null or e.seq < ($1->>'before')::bigint)
        and ($1->>'resource' is null or e.resource = $1->>'resource')
        and ($1->>'actor' is null or e.actor = $1->>'actor')
        order by e.seq desc limit ($1->>'limit')::int + 1) e`,
    args: page,
  };
}
