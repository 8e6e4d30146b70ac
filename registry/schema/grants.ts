const registry =
  'byom.providers, byom.models, byom.default_models, byom.assignments, byom.rules, byom.data_classes, byom.data_class_providers';

/**
 * Exactly what each role needs, said anew at the end of every migration. The API writes credentials and cannot read one
 * back; the worker reads the registry and writes only what it witnessed.
 */
export const grants = /* sql */ `
revoke all on all tables in schema byom from public, byom_api, byom_worker, byom_maintenance;
revoke all on all functions in schema byom from public, byom_api, byom_worker, byom_maintenance;
grant usage on schema byom to byom_api, byom_worker, byom_maintenance;
grant select on byom.byom_migrations to byom_api, byom_worker, byom_maintenance;

grant select, insert, update on byom.organizations to byom_api;
grant select, insert, update, delete on ${registry} to byom_api;
grant select (org_id, provider_id, generation, state, key_id, audience, fingerprint, hint, created_at),
  insert, update (state) on byom.credentials to byom_api;
grant select on byom.attempts, byom.runs, byom.model_observations to byom_api;
grant select, insert, update (credentials) on byom.key_checks to byom_api;
grant execute on function byom.resolve(jsonb), byom.plan_rows(jsonb), byom.call_counts(jsonb), byom.model_row(text, text, uuid),
  byom.count_credentials() to byom_api;

grant select on byom.organizations, byom.credentials, byom.key_checks, ${registry} to byom_worker;
grant select, insert, update on byom.attempts, byom.runs, byom.model_observations to byom_worker;
grant select, insert, delete on byom.attempt_answers to byom_worker;
grant execute on all functions in schema byom to byom_worker;
revoke execute on function byom.count_credentials() from byom_worker;

grant select, delete on byom.attempts, byom.attempt_answers, byom.runs to byom_maintenance;
`;
