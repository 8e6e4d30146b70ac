import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { writeRules } from '../apply/apply-organization.ts';
import type { RuleValues } from '../apply/registry-file.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { needProviders } from './need-providers.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** The rules of a Behavior, or with `behavior: null` of a whole pipe. */
export interface RulesPlace {
  readonly pipe: string;
  readonly behavior: string | null;
}

export interface Rules extends RuleValues {
  readonly revision: string;
}

export function readRules({ pipe, behavior }: RulesPlace): OrgQuery {
  return {
    sql: `select jsonb_strip_nulls(jsonb_build_object('dataClass', r.data_class, 'providers', to_jsonb(r.providers),
        'onFailure', r.on_failure, 'onExhausted', r.on_exhausted, 'revision', r.revision::text))
      from byom.rules r where ${ofOrg('r')} and r.pipe_id = $1->>'pipe' and r.behavior_id = $1->>'behavior'`,
    args: { pipe, behavior: behavior ?? '' },
  };
}

/** The whole of the rules of this place: what is left out does not hold any more. */
export async function putRules(
  database: Knex,
  options: ChangeOptions,
  place: RulesPlace,
  values: RuleValues,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Rules | null }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await findOne<Rules>(transaction, org, readRules(place));
    const before = current && toValues(current);
    const after = toValues(values);
    permitPut(current, ifMatch, isDeepStrictEqual(before, after));
    const named = (values.providers ?? []).filter((slug) => slug !== 'platform');
    await needProviders(transaction, org, named, '/providers');
    await writeRules(transaction, { org, ...place }, values);
    return { action: 'rules.put', resource: resourceOf(place), before, after, result: { current } };
  });
}

export async function deleteRules(
  database: Knex,
  options: ChangeOptions,
  place: RulesPlace,
  ifMatch: IfMatch,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await findOne<Rules>(transaction, org, readRules(place));
    if (current === null) throw new Refused('not-found', 'There are no rules here.');
    requireMatch(current, ifMatch);
    const key = { org_id: org, pipe_id: place.pipe, behavior_id: place.behavior ?? '' };
    await transaction('byom.rules').where(key).delete();
    const before = toValues(current);
    return { action: 'rules.delete', resource: resourceOf(place), before, after: null, result: null };
  });
}

function toValues({ dataClass, providers, onFailure, onExhausted }: RuleValues): object {
  return {
    ...(dataClass === undefined ? {} : { dataClass }),
    ...(providers === undefined ? {} : { providers }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(onExhausted === undefined ? {} : { onExhausted }),
  };
}

function resourceOf({ pipe, behavior }: RulesPlace): string {
  return behavior === null ? `pipes/${pipe}/rules` : `pipes/${pipe}/behaviors/${behavior}/rules`;
}
