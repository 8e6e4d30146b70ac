import type { Knex } from 'knex';
import { upsert } from '../apply/upsert.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { needModel } from './need-model.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** Where in a host's product a model is assigned. */
export interface BehaviorPlace {
  readonly pipe: string;
  readonly behavior: string;
}

export interface Assignment extends BehaviorPlace {
  readonly model: string;
  readonly revision: string;
}

const columns = `jsonb_build_object('pipe', a.pipe_id, 'behavior', a.behavior_id, 'revision', a.revision::text,
  'model', byom.model_slug($2, a.model_org, a.model_id))`;

export function readAssignment({ pipe, behavior }: BehaviorPlace): OrgQuery {
  return {
    hot: 'read_assignment',
    sql: `select ${columns} from byom.assignments a
      where ${ofOrg('a')} and a.pipe_id = $1->>'pipe' and a.behavior_id = $1->>'behavior'`,
    args: { pipe, behavior },
  };
}

export async function putAssignment(
  database: Knex,
  options: ChangeOptions,
  place: BehaviorPlace,
  model: string,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Assignment | null }>> {
  return changeAs(database, options, async (transaction) => {
    const current = await find(transaction, options.org, place);
    permitPut(current, ifMatch, current?.model === model);
    await write(transaction, options.org, place, model, '/model');
    const before = current && { model: current.model };
    const resource = resourceOf(place);
    return { action: 'assignment.put', resource, before, after: { model }, result: { current } };
  });
}

/** The Behavior uses the default again. Its rules stay. */
export async function deleteAssignment(
  database: Knex,
  options: ChangeOptions,
  place: BehaviorPlace,
  ifMatch: IfMatch,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await find(transaction, org, place);
    if (current === null) throw new Refused('not-found', 'Nothing is assigned here.');
    requireMatch(current, ifMatch);
    await rowsOf(transaction, org, place).delete();
    const before = { model: current.model };
    return { action: 'assignment.delete', resource: resourceOf(place), before, after: null, result: null };
  });
}

/** One line of a bulk change. A model of null takes the assignment away. */
export interface AssignmentItem {
  readonly behavior: string;
  readonly model: string | null;
  readonly ifMatch?: string | undefined;
}

/** All of a pipe's changes or none of them. An `ifMatch` that is late is `stale` at its item. */
export async function applyAssignments(
  database: Knex,
  options: ChangeOptions,
  pipe: string,
  items: readonly AssignmentItem[],
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    // No plain objects: a Behavior may be called `__proto__`, and would then be changed without a trace.
    const before = new Map<string, string | null>();
    const after = new Map<string, string | null>();
    for (const [index, { behavior, model, ifMatch }] of items.entries()) {
      if (after.has(behavior))
        throw new Refused('invalid', `${behavior} is named twice.`, { pointer: `/items/${index}/behavior` });
      const place = { pipe, behavior };
      const current = await find(transaction, org, place);
      if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== `"${current?.revision ?? ''}"`) {
        throw new Refused('stale', `The assignment of ${behavior} changed since you read it.`, {
          pointer: `/items/${index}/ifMatch`,
        });
      }
      if (model === null) await rowsOf(transaction, org, place).delete();
      else await write(transaction, org, place, model, `/items/${index}/model`);
      before.set(behavior, current?.model ?? null);
      after.set(behavior, model);
    }
    return {
      action: 'assignments.apply',
      resource: `pipes/${pipe}/assignments`,
      before: Object.fromEntries(before),
      after: Object.fromEntries(after),
      result: null,
    };
  });
}

async function write(
  transaction: Knex.Transaction,
  org: string,
  { pipe, behavior }: BehaviorPlace,
  model: string,
  pointer: string,
): Promise<void> {
  const found = await needModel(transaction, org, model, pointer);
  const key = { org_id: org, pipe_id: pipe, behavior_id: behavior };
  await upsert(transaction, 'assignments', key, { ...found });
}

function find(transaction: Knex.Transaction, org: string, place: BehaviorPlace): Promise<Assignment | null> {
  return findOne<Assignment>(transaction, org, readAssignment(place));
}

function rowsOf(
  transaction: Knex.Transaction,
  org: string,
  { pipe, behavior }: BehaviorPlace,
): Knex.QueryBuilder {
  return transaction('byom.assignments').where({ org_id: org, pipe_id: pipe, behavior_id: behavior });
}

function resourceOf({ pipe, behavior }: BehaviorPlace): string {
  return `pipes/${pipe}/behaviors/${behavior}/assignment`;
}
