import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { shredCredentials, shredRetired } from '../apply/apply-credential.ts';
import { upsert } from '../apply/upsert.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { toPlaces } from './dependents.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** A provider as an admin writes it, its settings checked by its vendor. */
export interface ProviderValues {
  readonly vendor: string;
  readonly name: string;
  readonly settings: object;
  readonly enabled: boolean;
}

/** What a vendor derives from the settings. */
export interface ProviderFacts {
  readonly audience: string;
  readonly needsCredential: boolean;
}

export interface Provider extends ProviderValues {
  readonly provider: string;
  /** How its credential stands: none is needed, none was given, one is there, or it was taken away. */
  readonly credential: 'not-needed' | 'missing' | 'set' | 'revoked';
  /** Its newest test, under way or not; no part of its revision. */
  readonly lastTest: {
    readonly testId: string;
    readonly status: 'waiting' | 'running' | 'passed' | 'failed';
    readonly finishedAt: string | null;
  } | null;
  readonly revision: string;
}

const columns = `jsonb_build_object('provider', p.slug, 'vendor', p.vendor, 'name', p.name, 'settings', p.settings,
  'enabled', p.enabled, 'revision', p.revision::text, 'credential', (
    select case
      when bool_or(c.state = 'active') then 'set'
      when count(*) > 0 then 'revoked'
      when p.needs_credential then 'missing'
      else 'not-needed' end
    from byom.credentials c where ${ofOrg('c')} and c.provider_id = p.id), 'lastTest', (
    select jsonb_build_object('testId', t.id, 'status', t.status, 'finishedAt', t.finished_at)
    from byom.provider_tests t where ${ofOrg('t')} and t.provider = p.slug and t.kind = 'provider'
      and t.created_at >= p.created_at order by t.created_at desc limit 1))`;

export function readProvider(slug: string): OrgQuery {
  return {
    sql: `select ${columns} from byom.providers p where ${ofOrg('p')} and p.slug = $1->>'slug'`,
    args: { slug },
  };
}

/** By slug, after `after`; one more than `limit`. */
export function listProviders(page: { readonly after: string; readonly limit: number }): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(one order by one->>'provider'), '[]') from (
      select ${columns} as one from byom.providers p
        where ${ofOrg('p')} and p.slug > $1->>'after' order by p.slug limit ($1->>'limit')::int + 1) found`,
    args: page,
  };
}

/**
 * Makes or replaces a provider. Its vendor stays what it is. A new address is a new audience: the credential was sealed
 * for the old one and is revoked with this change.
 */
export async function putProvider(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  values: ProviderValues,
  facts: ProviderFacts,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Provider | null; readonly credentialRevoked: boolean }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await find(transaction, org, slug);
    const before = current && toValues(current);
    const after = toValues(values);
    permitPut(current, ifMatch, isDeepStrictEqual(before, after));
    if (before !== null && before.vendor !== after.vendor) {
      throw new Refused('conflict', 'The vendor of a provider does not change. Register another provider.', {
        pointer: '/vendor',
      });
    }
    const moved = current !== null && (await audienceOf(transaction, org, slug)) !== facts.audience;
    const row = {
      vendor: values.vendor,
      name: values.name,
      settings: values.settings,
      enabled: values.enabled,
    };
    await upsert(
      transaction,
      'providers',
      { org_id: org, slug },
      { ...row, needs_credential: facts.needsCredential, audience: facts.audience },
    );
    const providerId = await idOf(transaction, org, slug);
    const credentialRevoked = moved && (await shredCredentials(transaction, { org, providerId }));
    await shredRetired(transaction, { org, providerId });
    return {
      action: 'provider.put',
      resource: `providers/${slug}`,
      before,
      after: credentialRevoked ? { ...after, credential: 'revoked' } : after,
      result: { current, credentialRevoked },
    };
  });
}

/** Switches every model of a provider on or off at once. */
export async function setProviderEnabled(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  enabled: boolean,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Provider }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await need(transaction, org, slug);
    requireMatch(current, ifMatch);
    if (current.enabled !== enabled) {
      await transaction('byom.providers').where({ org_id: org, slug }).update({ enabled });
    }
    await shredRetired(transaction, { org, providerId: await idOf(transaction, org, slug) });
    const before = toValues(current);
    const action = enabled ? 'provider.enable' : 'provider.disable';
    return {
      action,
      resource: `providers/${slug}`,
      before,
      after: { ...before, enabled },
      result: { current },
    };
  });
}

/** Deletes a provider that no model and no approval needs; its credential goes with it. */
export async function deleteProvider(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  ifMatch: IfMatch,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await need(transaction, org, slug);
    requireMatch(current, ifMatch);
    const used = await usesOf(transaction, org, slug);
    if (used.length > 0) throw inUse(org, current, used);
    await transaction('byom.providers').where({ org_id: org, slug }).delete();
    return {
      action: 'provider.delete',
      resource: `providers/${slug}`,
      before: toValues(current),
      after: null,
      result: null,
    };
  });
}

interface Use {
  readonly kind: 'model' | 'data-class' | 'rules';
  readonly name: string;
  readonly revision: string;
}

async function usesOf(transaction: Knex.Transaction, org: string, slug: string): Promise<readonly Use[]> {
  const found = await findOne<readonly Use[]>(transaction, org, {
    sql: `select coalesce(jsonb_agg(to_jsonb(one) order by one.kind, one.name), '[]') from (
        select 'model' as kind, m.slug as name, m.revision::text as revision from byom.models m
          join byom.providers p on p.org_id = m.org_id and p.id = m.provider_id
          where ${ofOrg('m')} and p.slug = $1->>'slug'
        union all
        select 'data-class', c.class, c.revision::text from byom.data_classes c
          join byom.data_class_providers a on a.org_id = c.org_id and a.class = c.class
          join byom.providers p on p.org_id = a.org_id and p.id = a.provider_id
          where ${ofOrg('c')} and p.slug = $1->>'slug'
        union all
        select 'rules', r.pipe_id || case when r.behavior_id = '' then '' else ' ' || r.behavior_id end, r.revision::text
          from byom.rules r where ${ofOrg('r')} and $1->>'slug' = any(r.providers)) one`,
    args: { slug },
  });
  return found ?? [];
}

function inUse(org: string, provider: Provider, used: readonly Use[]): Refused {
  const base = `/v1/orgs/${encodeURIComponent(org)}`;
  return new Refused('in-use', `${provider.provider} is used in ${toPlaces(used.length)}.`, {
    dependents: used.slice(0, 100).map(({ kind, name }) => ({ kind, name })),
    resolutions: [
      {
        what: 'Switch it off and keep it.',
        method: 'POST',
        path: `${base}/providers/${provider.provider}/disable`,
        ifMatch: `"${provider.revision}"`,
        body: null,
      },
      ...used
        .filter(({ kind }) => kind === 'model')
        .slice(0, 100)
        .map(({ name, revision }) => ({
          what: `Delete the model ${name} first.`,
          method: 'DELETE',
          path: `${base}/models/${name}?unassign=true`,
          ifMatch: `"${revision}"`,
          body: null,
        })),
    ],
  });
}

async function need(transaction: Knex.Transaction, org: string, slug: string): Promise<Provider> {
  const provider = await find(transaction, org, slug);
  if (provider === null) throw new Refused('not-found', 'There is no such provider.');
  return provider;
}

async function find(transaction: Knex.Transaction, org: string, slug: string): Promise<Provider | null> {
  return findOne<Provider>(transaction, org, readProvider(slug));
}

async function audienceOf(transaction: Knex.Transaction, org: string, slug: string): Promise<string> {
  const row = (await transaction('byom.providers').where({ org_id: org, slug }).first('audience')) as {
    audience: string;
  };
  return row.audience;
}

async function idOf(transaction: Knex.Transaction, org: string, slug: string): Promise<string> {
  const row = (await transaction('byom.providers').where({ org_id: org, slug }).first('id')) as {
    id: string;
  };
  return row.id;
}

function toValues({ vendor, name, settings, enabled }: ProviderValues) {
  return { vendor, name, settings, enabled };
}
