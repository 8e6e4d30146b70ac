import { isolate } from '../isolation.ts';

import { definerRole } from '../roles.ts';

/**
 * The second migration: what an administration needs. Rows know the revision that last wrote them (their ETag); who may
 * do what, what was done, and what was tested have tables of their own.
 */
const revisedTables = [
  'providers',
  'credentials',
  'models',
  'default_models',
  'assignments',
  'rules',
  'data_classes',
  'role_bindings',
] as const;

export const management = /* sql */ `
alter table byom.organizations
  add engine_queues text[] not null default '{}',
  add external_id uuid not null default gen_random_uuid();
comment on column byom.organizations.external_id is
  'The ExternalId under which an operator''s role at Amazon is assumed for this organization; never an admin''s to set.';

-- A revoked credential is shredded: what is gone cannot be opened with whatever key leaks later.
alter table byom.credentials alter wrapped_key drop not null, alter ciphertext drop not null, add created_by text;

create table byom.role_bindings (
  org_id text not null references byom.organizations,
  subject text not null check (length(subject) between 1 and 512),
  role text not null,
  pipes text[],
  created_at timestamptz not null default now(),
  created_by text not null,
  primary key (org_id, subject),
  check (role <> 'platform-admin' or org_id = 'platform')
);

create table byom.service_tokens (
  org_id text not null references byom.organizations,
  id text not null,
  token_hash bytea not null unique,
  name text not null,
  role text not null,
  pipes text[],
  orgs text[],
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  revoked_at timestamptz,
  primary key (org_id, id),
  check (role <> 'platform-admin' or org_id = 'platform'),
  check (orgs is null or (role = 'engine' and org_id = 'platform'))
);
comment on column byom.service_tokens.orgs is
  'Organizations beside its own that an engine''s token reaches; only where org_id is platform.';

${revisedTables
  .map(
    (table) => /* sql */ `
alter table byom.${table} add revision bigint not null default 1;`,
  )
  .join('')}

create table byom.audit_heads (
  org_id text primary key references byom.organizations,
  seq bigint not null,
  hash bytea not null,
  pruned_seq bigint not null default 0,
  pruned_hash bytea not null default '\\x'
);
comment on column byom.audit_heads.pruned_seq is
  'Events up to this one were dropped when they were old enough; the event audit.prune in the chain says so too.';

create table byom.audit_events (
  org_id text not null references byom.organizations,
  seq bigint not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  resource text not null,
  before jsonb,
  after jsonb,
  request_id text not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (org_id, seq)
);

create table byom.idempotency_keys (
  org_id text not null references byom.organizations,
  principal text not null,
  key text not null,
  fingerprint bytea not null,
  status integer not null,
  location text,
  created_at timestamptz not null default now(),
  primary key (org_id, principal, key)
);

create table byom.provider_tests (
  org_id text not null references byom.organizations,
  id uuid not null default gen_random_uuid(),
  kind text not null default 'provider' check (kind in ('provider', 'draft', 'models')),
  provider text,
  vendor text not null,
  settings jsonb not null,
  upstream_id text,
  key_id text,
  wrapped_key bytea,
  ciphertext bytea,
  audience text not null,
  status text not null default 'waiting' check (status in ('waiting', 'running', 'passed', 'failed')),
  stages jsonb not null default '[]',
  structured_output text,
  models jsonb,
  requested_by text not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (org_id, id)
);
create index provider_tests_provider on byom.provider_tests (org_id, provider, created_at desc);

create index provider_tests_created on byom.provider_tests (created_at);
create index provider_tests_sealed on byom.provider_tests (created_at) where key_id is not null;
create index idempotency_keys_created on byom.idempotency_keys (created_at);
create index attempt_answers_created on byom.attempt_answers (created_at);

drop index byom.runs_created;
create index runs_recorded on byom.runs (org_id, created_at desc, workflow_id);
create index runs_behavior on byom.runs (org_id, pipe_id, behavior_id, created_at desc);

${isolate(['role_bindings', 'service_tokens', 'audit_heads', 'audit_events', 'idempotency_keys', 'provider_tests'])}

${['organizations', 'role_bindings', 'service_tokens', 'audit_heads', 'audit_events']
  .map(
    (table) => /* sql */ `
create policy definer on byom.${table} to byom_definer using (true) with check (true);`,
  )
  .join('\n')}
create policy maintenance on byom.audit_heads to byom_maintenance using (true);
create policy maintenance on byom.audit_events to byom_maintenance using (true);
create policy maintenance on byom.organizations to byom_maintenance using (true);
create policy maintenance on byom.credentials to byom_maintenance using (true);
create policy maintenance on byom.provider_tests to byom_maintenance using (true);
create policy maintenance on byom.idempotency_keys to byom_maintenance using (true);

-- sweep_stale goes across organizations, and the role it runs as sees nothing there that somebody may still ask for.
create policy stale on byom.attempt_answers to byom_definer using (created_at < now() - interval '24 hours');
create policy stale on byom.idempotency_keys to byom_definer using (created_at < now() - interval '24 hours');
create policy stale on byom.provider_tests to byom_definer using (created_at < now() - interval '1 hour');

-- The revision of a row is the one its organization reaches with this change, so a row that is made again never has an old one.
create function byom.stamp_revision() returns trigger
language plpgsql security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
begin
  select o.revision + 1 into new.revision from byom.organizations o where o.org_id = new.org_id;
  return new;
end
$function$;
${revisedTables
  .map(
    (table) => /* sql */ `
create trigger stamp_revision before insert or update on byom.${table}
  for each row execute function byom.stamp_revision();`,
  )
  .join('')}
create function byom.refuse_change() returns trigger
language plpgsql security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
begin
  if tg_op = 'DELETE' and current_user = '${definerRole}' then
    return null;
  end if;
  raise exception 'the audit is append-only' using errcode = 'BY002';
end
$function$;
-- Nobody deletes an event but prune_audit, which runs as that role.
create trigger append_only before update or delete or truncate on byom.audit_events
  for each statement execute function byom.refuse_change();
`;
