/**
 * The first migration. Every tenant table is keyed by organization first, and references stay inside it by composite
 * keys; only a model may be the platform's. Foreign keys ignore row-level security, so they alone protect references.
 */
export const tables = /* sql */ `
create table byom.organizations (
  org_id text primary key check (org_id <> '' and length(org_id) <= 128),
  name text not null,
  when_missing text not null default 'platform' check (when_missing in ('platform', 'fail')),
  on_failure text not null default 'platform' check (on_failure in ('platform', 'cascade', 'none')),
  on_exhausted text not null default 'fail' check (on_exhausted in ('fail', 'park')),
  unclassified text,
  budget jsonb not null default '{}',
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  revision bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table byom.providers (
  org_id text not null references byom.organizations,
  id uuid not null default gen_random_uuid(),
  slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$' and slug <> 'platform'),
  vendor text not null,
  name text not null,
  settings jsonb not null default '{}',
  enabled boolean not null default true,
  needs_credential boolean not null,
  audience text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug)
);

create table byom.credentials (
  org_id text not null,
  provider_id uuid not null,
  generation integer not null check (generation > 0),
  state text not null check (state in ('active', 'retiring', 'revoked')),
  key_id text not null,
  audience text not null,
  wrapped_key bytea not null,
  ciphertext bytea not null,
  fingerprint bytea not null,
  hint text,
  created_at timestamptz not null default now(),
  primary key (org_id, provider_id, generation),
  foreign key (org_id, provider_id) references byom.providers (org_id, id) on delete cascade
);
create unique index credentials_active on byom.credentials (org_id, provider_id) where state = 'active';

create table byom.models (
  org_id text not null,
  id uuid not null default gen_random_uuid(),
  slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$' and slug <> 'platform'),
  provider_id uuid not null,
  upstream_id text not null,
  name text not null,
  enabled boolean not null default true,
  supports jsonb not null default '{}',
  limits jsonb not null default '{}',
  input_price numeric(20, 10) check (input_price >= 0),
  output_price numeric(20, 10) check (output_price >= 0),
  cached_input_price numeric(20, 10) check (cached_input_price >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (org_id, id),
  unique (org_id, slug),
  foreign key (org_id, provider_id) references byom.providers (org_id, id)
);
create index models_provider on byom.models (org_id, provider_id);

create table byom.default_models (
  org_id text primary key references byom.organizations,
  model_org text not null check (model_org in (org_id, 'platform')),
  model_id uuid not null,
  foreign key (model_org, model_id) references byom.models (org_id, id)
);

create table byom.assignments (
  org_id text not null references byom.organizations,
  pipe_id text not null,
  behavior_id text not null,
  model_org text not null check (model_org in (org_id, 'platform')),
  model_id uuid not null,
  primary key (org_id, pipe_id, behavior_id),
  foreign key (model_org, model_id) references byom.models (org_id, id)
);
create index assignments_model on byom.assignments (model_org, model_id);

create table byom.rules (
  org_id text not null references byom.organizations,
  pipe_id text not null,
  behavior_id text not null default '',
  data_class text,
  providers text[],
  on_failure text check (on_failure in ('platform', 'cascade', 'none')),
  on_exhausted text check (on_exhausted in ('fail', 'park')),
  primary key (org_id, pipe_id, behavior_id)
);
comment on column byom.rules.behavior_id is 'Empty for the rules of the pipe itself.';

create table byom.data_classes (
  org_id text not null references byom.organizations,
  class text not null,
  platform boolean not null default false,
  primary key (org_id, class)
);

create table byom.data_class_providers (
  org_id text not null,
  class text not null,
  provider_id uuid not null,
  primary key (org_id, class, provider_id),
  foreign key (org_id, class) references byom.data_classes (org_id, class) on delete cascade,
  foreign key (org_id, provider_id) references byom.providers (org_id, id)
);

create table byom.model_observations (
  org_id text not null references byom.organizations,
  model_org text not null check (model_org in (org_id, 'platform')),
  model_id uuid not null,
  refused_mode text not null,
  at timestamptz not null default now(),
  primary key (org_id, model_org, model_id, refused_mode),
  foreign key (model_org, model_id) references byom.models (org_id, id) on delete cascade
);
`;
