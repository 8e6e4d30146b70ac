/**
 * Adds one event to an organization's chain: each hash covers the event and the hash before it, so nothing can be changed,
 * taken out or moved without a trace. The head's row is locked, so parallel writers make one chain.
 */
export const appendAudit = /* sql */ `
create or replace function byom.audit_hash(previous bytea, event jsonb) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp
as $function$
  select sha256(previous || convert_to(event::text, 'UTF8'))
$function$;

create or replace function byom.append_audit(org text, event jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  head byom.audit_heads;
  at timestamptz := clock_timestamp();
  whole jsonb;
begin
  insert into byom.audit_heads (org_id, seq, hash) values (org, 0, '\\x') on conflict (org_id) do nothing;
  select * into head from byom.audit_heads h where h.org_id = org for update;
  whole := event || jsonb_build_object('org', org, 'seq', head.seq + 1, 'at', at at time zone 'UTC');
  insert into byom.audit_events (org_id, seq, at, actor, action, resource, before, after, request_id, previous_hash, hash)
    values (org, head.seq + 1, at, event->>'actor', event->>'action', event->>'resource',
      nullif(event->'before', 'null'), nullif(event->'after', 'null'), event->>'requestId',
      head.hash, byom.audit_hash(head.hash, whole));
  update byom.audit_heads h set seq = head.seq + 1, hash = byom.audit_hash(head.hash, whole) where h.org_id = org;
  return head.seq + 1;
end
$function$;
`;
