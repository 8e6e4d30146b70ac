import { hotReads } from '../management/hot-reads.ts';

const hotFunctions = hotReads.map(([name]) => `byom.${name}(jsonb, text)`).join(', ');
const registry =
  'byom.providers, byom.models, byom.default_models, byom.assignments, byom.rules, byom.data_classes, byom.data_class_providers';

/**
 * Exactly what each role needs, said anew at the end of every migration. The API writes credentials and cannot read one
 * back; the worker reads the registry and writes only what it witnessed.
 */
export const grants = /* sql */ `
grant usage, create on schema byom to byom_definer;
alter function byom.principal(jsonb) owner to byom_definer;
alter function byom.list_organizations(text, integer) owner to byom_definer;
alter function byom.append_audit(text, jsonb) owner to byom_definer;
alter function byom.prune_audit(text, timestamptz, bigint, text, text) owner to byom_definer;
alter function byom.sweep_stale(jsonb) owner to byom_definer;
revoke create on schema byom from byom_definer;

revoke all on all tables in schema byom from public, byom_api, byom_worker, byom_maintenance, byom_definer;
revoke all on all functions in schema byom from public, byom_api, byom_worker, byom_maintenance;
grant select on byom.organizations, byom.role_bindings, byom.service_tokens to byom_definer;
grant select, insert, update on byom.audit_heads to byom_definer;
grant select, insert, delete on byom.audit_events to byom_definer;
grant select (ctid, created_at), delete on byom.attempt_answers, byom.idempotency_keys to byom_definer;
grant select (ctid, created_at, status, finished_at, key_id), update (status, finished_at, key_id, wrapped_key, ciphertext), delete
  on byom.provider_tests to byom_definer;
grant execute on function byom.audit_hash(byom.audit_events) to byom_definer, byom_maintenance;
grant usage on schema byom to byom_api, byom_worker, byom_maintenance;
grant select on byom.byom_migrations to byom_api, byom_worker, byom_maintenance;

grant select, insert, update on byom.organizations to byom_api;
grant select, insert, update, delete on ${registry} to byom_api;
grant select (org_id, provider_id, generation, state, key_id, audience, fingerprint, hint, created_at, created_by, revision),
  insert, update (state, wrapped_key, ciphertext) on byom.credentials to byom_api;
grant select on byom.attempts, byom.runs, byom.model_observations to byom_api;
grant select (key_id, credentials), insert, update (credentials) on byom.key_checks to byom_api;
grant select, insert, update, delete on byom.role_bindings to byom_api;
grant select (org_id, id, name, role, pipes, orgs, expires_at, created_at, created_by, revoked_at),
  insert, update (revoked_at) on byom.service_tokens to byom_api;
grant select on byom.audit_events, byom.audit_heads to byom_api;
grant select, insert, delete on byom.idempotency_keys to byom_api;
grant select (org_id, id, kind, provider, vendor, settings, upstream_id, audience, status, stages, structured_output, models, requested_by, created_at, finished_at),
  insert on byom.provider_tests to byom_api;
grant execute on function ${hotFunctions} to byom_api;
grant execute on function byom.within(text, text, jsonb), byom.model_slug(text, text, uuid), byom.option_rows(text), byom.principal(jsonb),
  byom.list_organizations(text, integer), byom.append_audit(text, jsonb) to byom_api;
grant execute on function byom.resolve(jsonb), byom.plan_rows(jsonb), byom.call_counts(jsonb), byom.model_row(text, text, uuid),
  byom.count_credentials() to byom_api;

grant select on byom.organizations, byom.credentials, byom.key_checks, ${registry} to byom_worker;
grant select, insert, update on byom.attempts, byom.runs, byom.model_observations to byom_worker;
grant select, insert, delete on byom.attempt_answers to byom_worker;
grant select, update on byom.provider_tests to byom_worker;
grant execute on all functions in schema byom to byom_worker;
revoke execute on function byom.count_credentials(), byom.principal(jsonb), byom.list_organizations(text, integer),
  byom.append_audit(text, jsonb), byom.prune_audit(text, timestamptz, bigint, text, text), byom.within(text, text, jsonb),
  byom.option_rows(text), ${hotFunctions} from byom_worker;

grant select, delete on byom.attempts, byom.attempt_answers, byom.runs to byom_maintenance;
grant select (ctid, org_id, created_at), delete on byom.idempotency_keys to byom_maintenance;
grant select (ctid, org_id, created_at, status, finished_at, key_id),
  update (status, finished_at, key_id, wrapped_key, ciphertext), delete on byom.provider_tests to byom_maintenance;
grant select (ctid, org_id, provider_id, generation, state, created_at), update (state, wrapped_key, ciphertext)
  on byom.credentials to byom_maintenance;
grant select (key_id, credentials), update (credentials) on byom.key_checks to byom_maintenance;
grant select on byom.organizations, byom.audit_heads, byom.audit_events to byom_maintenance;
grant execute on function byom.list_organizations(text, integer), byom.prune_audit(text, timestamptz, bigint, text, text)
  to byom_maintenance;
`;
