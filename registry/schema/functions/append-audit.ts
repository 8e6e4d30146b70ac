/**
 * Adds one event to an organization's chain: each hash covers the event and the hash before it, so nothing can be changed,
 * taken out or moved without a trace. The head's row is locked, so parallel writers make one chain.
 *
 * The hash is a function of the stored row and of nothing else, so whoever verifies computes it as it was computed. jsonb
 * is hashed as text: a JSON null and no value at all would be the same otherwise. Times are in UTC, whatever a session says.
 */
export const appendAudit = /* sql */ `
create or replace function byom.audit_hash(event byom.audit_events) returns bytea
language sql stable set search_path = pg_catalog, pg_temp
as $function$
  select sha256(event.previous_hash || convert_to(jsonb_build_object(
    'org', event.org_id, 'seq', event.seq, 'at', event.at at time zone 'UTC', 'actor', event.actor, 'action', event.action,
    'resource', event.resource, 'before', event.before::text, 'after', event.after::text, 'requestId', event.request_id
  )::text, 'UTF8'))
$function$;

create or replace function byom.append_audit(org text, event jsonb) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  appended byom.audit_events;
begin
  insert into byom.audit_heads (org_id, seq, hash) values (org, 0, '\\x') on conflict (org_id) do nothing;
  select h.org_id, h.seq + 1, h.hash into appended.org_id, appended.seq, appended.previous_hash
    from byom.audit_heads h where h.org_id = org for update;
  -- Under the lock, so that times go up with the numbers.
  appended.at := clock_timestamp();
  appended.actor := event->>'actor';
  appended.action := event->>'action';
  appended.resource := event->>'resource';
  appended.before := nullif(event->'before', 'null');
  appended.after := nullif(event->'after', 'null');
  appended.request_id := event->>'requestId';
  appended.hash := byom.audit_hash(appended);
  insert into byom.audit_events values (appended.*);
  update byom.audit_heads h set seq = appended.seq, hash = appended.hash where h.org_id = org;
  return appended.seq;
end
$function$;
`;
