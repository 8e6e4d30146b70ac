/**
 * The one way in which events leave the audit: a prefix of the chain, older than a moment, at most `most` at a time. What
 * is dropped is first told in the chain itself, so verifying begins where it ends, and a prefix that was cut off in any
 * other way shows.
 */
export const pruneAudit = /* sql */ `
create or replace function byom.prune_audit(org text, older_than timestamptz, most bigint, actor text, request_id text) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, byom, pg_temp
as $function$
declare
  head byom.audit_heads;
  last bigint;
  last_hash bytea;
begin
  select * into head from byom.audit_heads h where h.org_id = org for update;
  -- Events of a clock that was set back stay with those around them: only a prefix may go.
  select min(e.seq) - 1 into last from byom.audit_events e where e.org_id = org and e.at >= older_than;
  last := least(coalesce(last, head.seq), head.pruned_seq + most);
  if last is null or last <= head.pruned_seq then
    return jsonb_build_object('pruned', 0, 'seq', coalesce(head.pruned_seq, 0)::text);
  end if;
  select e.hash into last_hash from byom.audit_events e where e.org_id = org and e.seq = last;
  if last_hash is null then
    raise exception 'the audit has a hole' using errcode = 'BY003';
  end if;
  perform byom.append_audit(org, jsonb_build_object('actor', actor, 'action', 'audit.prune', 'resource', 'audit-events',
    'before', null, 'after', jsonb_build_object('seq', last::text, 'hash', encode(last_hash, 'hex')), 'requestId', request_id));
  update byom.audit_heads h set pruned_seq = last, pruned_hash = last_hash where h.org_id = org;
  delete from byom.audit_events e where e.org_id = org and e.seq <= last;
  return jsonb_build_object('pruned', last - head.pruned_seq, 'seq', last::text);
end
$function$;
`;
