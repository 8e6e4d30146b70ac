import type { Pool } from 'pg';
import { inTransaction } from './transaction.ts';

/** The engine's own tables: a real engine has these already, somewhere. Nothing of ours reads them. */
const tables = `
create schema if not exists pipe_engine;
set local search_path = pipe_engine;

create table if not exists pipes (
  id text primary key,
  org text not null,
  name text not null,
  first_phase text not null
);
create table if not exists phases (
  id text primary key,
  pipe_id text not null references pipes,
  name text not null,
  done boolean not null
);
create table if not exists moves (
  from_phase text not null references phases,
  to_phase text not null references phases,
  primary key (from_phase, to_phase)
);
create table if not exists child_pipes (
  parent_pipe text not null references pipes,
  child_pipe text not null,
  primary key (parent_pipe, child_pipe)
);
create table if not exists fields (
  id text primary key,
  pipe_id text not null references pipes,
  position integer not null,
  label text not null,
  type text not null,
  options jsonb
);
create table if not exists behaviors (
  id text not null,
  pipe_id text not null references pipes,
  position integer not null,
  definition jsonb not null,
  agent jsonb not null,
  knowledge jsonb not null,
  primary key (pipe_id, id)
);

create sequence if not exists card_numbers;
create table if not exists cards (
  id text primary key default nextval('pipe_engine.card_numbers')::text,
  pipe_id text not null references pipes,
  phase_id text not null references phases,
  parent_card text references cards,
  title text not null,
  fields jsonb not null,
  attachments jsonb not null,
  created_at timestamptz not null default now(),
  removed_at timestamptz
);
create table if not exists records (
  id bigint generated always as identity primary key,
  table_id text not null,
  fields jsonb not null,
  removed_at timestamptz
);
create table if not exists emails (
  id bigint generated always as identity primary key,
  template_id text not null,
  card_id text not null references cards,
  fields jsonb not null,
  recalled_at timestamptz
);
create table if not exists tool_calls (
  id bigint generated always as identity primary key,
  server_id text not null,
  tool text not null,
  inputs jsonb not null,
  card_id text not null references cards,
  undone_at timestamptz
);

-- What was done under which key. A key that was undone before it was ever done has generation 0.
create table if not exists effects (
  key text primary key,
  state text not null check (state in ('done', 'undone')),
  generation integer not null,
  requested_at timestamptz,
  fence timestamptz,
  fields jsonb,
  undo jsonb
);

-- What happened to cards, written in the transaction in which it happened, and delivered afterwards.
create table if not exists events (
  id text primary key,
  position bigint generated always as identity,
  org text not null,
  pipe_id text not null,
  card_id text not null references cards,
  root_card text not null,
  type text not null,
  changed jsonb not null,
  at timestamptz not null default clock_timestamp(),
  origin jsonb,
  by_behavior text,
  by_key text,
  tries integer not null default 0,
  due_at timestamptz not null default now(),
  delivered_at timestamptz,
  -- Why it is not delivered yet, or which Behaviors could not be started for good.
  note text
);
create index if not exists events_to_deliver on events (position) where delivered_at is null;
create table if not exists runs (
  workflow_id text primary key,
  behavior text not null,
  card_id text not null,
  root_card text not null,
  event_id text not null,
  depth integer not null,
  outcome jsonb
);
`;

/** Makes the engine's tables where they are missing; two at once wait for each other. */
export async function createEngineSchema(pool: Pool): Promise<void> {
  await inTransaction(pool, async (sql) => {
    await sql.query(`select pg_advisory_xact_lock(hashtextextended('pipe_engine schema', 0))`);
    await sql.query(tables);
  });
}
