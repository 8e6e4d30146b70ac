/** The second half of the first migration: what happened. No foreign key to the registry, whose rows may go first. */
export const ledger = /* sql */ `
create table byom.attempts (
  org_id text not null references byom.organizations,
  run_id text not null,
  call integer not null check (call > 0),
  workflow_id text not null,
  first_run_id text not null,
  pipe_id text not null,
  behavior_id text not null,
  round integer not null,
  hop integer not null,
  attempt integer not null,
  purpose text not null check (purpose in ('answer', 'repair', 'mode')),
  layer text not null,
  reason text not null,
  provider text not null,
  model text not null,
  vendor text not null,
  upstream_id text,
  credential_generation integer,
  state text not null default 'sent'
    check (state in ('sent', 'answered', 'failed', 'refused', 'cancelled', 'unknown')),
  valid boolean,
  failure text,
  refused_mode text,
  input_tokens bigint,
  output_tokens bigint,
  cached_input_tokens bigint,
  reasoning_tokens bigint,
  prices jsonb,
  cost numeric(30, 16),
  currency text not null,
  revision bigint not null,
  question jsonb not null,
  sent_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (org_id, run_id, call)
);
create index attempts_workflow on byom.attempts (org_id, workflow_id);
create index attempts_sent on byom.attempts (org_id, sent_at);

create table byom.attempt_answers (
  org_id text not null,
  run_id text not null,
  call integer not null,
  key_id text not null,
  day date not null,
  sealed bytea not null check (octet_length(sealed) <= 1048576),
  created_at timestamptz not null default now(),
  primary key (org_id, run_id, call),
  foreign key (org_id, run_id, call) references byom.attempts (org_id, run_id, call) on delete cascade
);

create table byom.runs (
  org_id text not null references byom.organizations,
  workflow_id text not null,
  run_id text not null,
  first_run_id text not null,
  asked_at_ms bigint not null,
  pipe_id text not null,
  behavior_id text not null,
  draft jsonb,
  sums jsonb,
  credits numeric,
  status text,
  created_at timestamptz not null default now(),
  recorded_at timestamptz,
  primary key (org_id, workflow_id)
);
create index runs_created on byom.runs (org_id, created_at);

create table byom.key_checks (
  key_id text primary key,
  wrapped_key bytea not null,
  ciphertext bytea not null,
  credentials integer not null default 0
);
comment on table byom.key_checks is
  'One sealed, known text per key, so that a worker learns at start whether it can open what it will need.';
`;
