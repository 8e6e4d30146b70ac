import type { Pool } from 'pg';
import { findConditionFault } from './condition.ts';
import type { Agent, BehaviorDefinition, PipeDefinition } from './pipe-definition.ts';
import { inTransaction, type Sql } from './transaction.ts';

/** Writes a pipe down, in place of an earlier version of it; its cards stay. Throws one line about a fault in it. */
export async function installPipe(pool: Pool, pipe: PipeDefinition): Promise<void> {
  checkPipe(pipe);
  await inTransaction(pool, async (sql) => {
    await writePipe(sql, pipe);
    await writeFields(sql, pipe);
    await sql.query('delete from pipe_engine.behaviors where pipe_id = $1', [pipe.id]);
    const all = pipe.agents.flatMap((agent) => agent.behaviors.map((behavior) => ({ agent, behavior })));
    for (const [position, { agent, behavior }] of all.entries()) {
      await writeBehavior(sql, pipe, agent, behavior, position);
    }
  });
}

function checkPipe(pipe: PipeDefinition): void {
  for (const behavior of pipe.agents.flatMap((agent) => agent.behaviors)) {
    const fault = behavior.condition ? findConditionFault(behavior.condition) : null;
    if (fault) throw new Error(`Pipe ${pipe.id}, Behavior ${behavior.id}, condition: ${fault}.`);
  }
  if (pipe.phases.length === 0) throw new Error(`Pipe ${pipe.id} has no phase: give it one.`);
}

async function writePipe(sql: Sql, pipe: PipeDefinition): Promise<void> {
  await sql.query(
    `insert into pipe_engine.pipes (id, org, name, first_phase) values ($1, $2, $3, $4)
     on conflict (id) do update set org = excluded.org, name = excluded.name, first_phase = excluded.first_phase`,
    [pipe.id, pipe.org, pipe.name, pipe.phases[0]?.id],
  );
  for (const { id, name, done = false } of pipe.phases) {
    await sql.query(
      `insert into pipe_engine.phases (id, pipe_id, name, done) values ($1, $2, $3, $4)
       on conflict (id) do update set name = excluded.name, done = excluded.done`,
      [id, pipe.id, name, done],
    );
  }
  const phases = pipe.phases.map((phase) => phase.id);
  await sql.query('delete from pipe_engine.moves where from_phase = any($1)', [phases]);
  for (const [from, targets] of Object.entries(pipe.moves)) {
    await sql.query(
      'insert into pipe_engine.moves (from_phase, to_phase) select $1, unnest($2::text[]) on conflict do nothing',
      [from, targets],
    );
  }
  await sql.query('delete from pipe_engine.child_pipes where parent_pipe = $1', [pipe.id]);
  await sql.query(
    'insert into pipe_engine.child_pipes (parent_pipe, child_pipe) select $1, unnest($2::text[])',
    [pipe.id, pipe.childPipes ?? []],
  );
}

async function writeFields(sql: Sql, pipe: PipeDefinition): Promise<void> {
  for (const [position, field] of pipe.fields.entries()) {
    await sql.query(
      `insert into pipe_engine.fields (id, pipe_id, position, label, type, options) values ($1, $2, $3, $4, $5, $6)
       on conflict (id) do update set position = excluded.position, label = excluded.label, type = excluded.type,
         options = excluded.options`,
      [
        field.id,
        pipe.id,
        position,
        field.label,
        field.type,
        field.options ? JSON.stringify(field.options) : null,
      ],
    );
  }
}

/** Knowledge of the agent and of the Behavior are united, in the order in which the pipe lists it. */
async function writeBehavior(
  sql: Sql,
  pipe: PipeDefinition,
  agent: Agent,
  behavior: BehaviorDefinition,
  position: number,
): Promise<void> {
  const wanted = new Set([...agent.dataSourceIds, ...behavior.actionParams.aiBehaviorParams.dataSourceIds]);
  const knowledge = (pipe.knowledge ?? [])
    .filter((item) => wanted.has(item.id))
    .map(({ name, text }) => ({ name, text }));
  const { id, name, instruction } = agent;
  await sql.query(
    `insert into pipe_engine.behaviors (id, pipe_id, position, definition, agent, knowledge)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      behavior.id,
      pipe.id,
      position,
      JSON.stringify(behavior),
      JSON.stringify({ id, name, instruction }),
      JSON.stringify(knowledge),
    ],
  );
}
