import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import type { TestStage } from '../../contract/index.ts';
import { sealCredential } from '../secrets/credential-box.ts';
import { insertKeyCheck } from '../secrets/key-checks.ts';
import type { SealKeys } from '../secrets/key-ring.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** A test as the workers have written it down so far. */
export interface ProviderTest {
  readonly testId: string;
  /** Null for a draft of a provider that is not registered. */
  readonly provider: string | null;
  readonly status: 'waiting' | 'running' | 'passed' | 'failed';
  readonly stages: readonly TestStage[];
  readonly structuredOutput: string | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

const columns = `jsonb_build_object('testId', t.id, 'provider', t.provider, 'status', t.status, 'stages', t.stages,
  'structuredOutput', t.structured_output, 'createdAt', t.created_at, 'finishedAt', t.finished_at)`;

export function readProviderTest(test: string): OrgQuery {
  return {
    sql: `select ${columns} from byom.provider_tests t
      where ${ofOrg('t')} and t.id = ($1->>'test')::uuid and t.kind <> 'models'`,
    args: { test },
  };
}

/** The vendor's list of models as a worker read it, or how far the reading is. */
export interface ListedModels extends ProviderTest {
  readonly models: readonly { readonly upstreamId: string; readonly name?: string }[] | null;
}

/**
 * The list of one reading; without `test` the newest that is not five minutes old and was read at the provider's address of now
 * with its credential of now.
 */
export function readListedModels(provider: string, test: string | null): OrgQuery {
  return {
    sql: `select ${columns} || jsonb_build_object('models', t.models) from byom.provider_tests t
      join byom.providers p on p.org_id = t.org_id and p.slug = t.provider
      where ${ofOrg('t')} and ${ofOrg('p')} and t.kind = 'models' and p.slug = $1->>'provider'
        and case when $1->>'test' is null
          then t.status = 'passed' and t.created_at > now() - interval '5 minutes' and t.settings = p.settings
            and t.created_at >= p.created_at
            and not exists (select from byom.credentials c where ${ofOrg('c')} and c.provider_id = p.id
              and (c.created_at > t.created_at or c.state = 'revoked' and not exists (
                select from byom.credentials a where ${ofOrg('a')} and a.provider_id = p.id and a.state = 'active')))
          else t.id = ($1->>'test')::uuid end
      order by t.created_at desc limit 1`,
    args: { provider, test },
  };
}

export interface TestToAsk {
  readonly provider: string;
  readonly kind: 'provider' | 'models';
  /** The slug of the model to call; null: the provider's first that is enabled. */
  readonly model: string | null;
  /** Can the vendor be tried without a model, by its list? */
  readonly listsModels: (vendor: string) => boolean;
}

export interface AskedTest {
  readonly test: string;
}

/**
 * Writes the row of a test of a registered provider. While one of the same kind is waiting or running, that one is it. No
 * change of the registry, so nothing is audited; a dry run writes nothing.
 */
export async function askProviderTest(
  database: Knex,
  options: ChangeOptions,
  { provider: slug, kind, model, listsModels }: TestToAsk,
): Promise<Changed<AskedTest>> {
  return changeAs(database, options, async (transaction) => {
    const { org, actor } = options;
    const provider = await findProvider(transaction, org, slug);
    if (provider === null) throw new Refused('not-found', 'There is no such provider.');
    const { vendor, settings, audience } = provider;
    const upstreamId = kind === 'models' ? null : await upstreamOf(transaction, org, provider.id, model);
    if (kind === 'provider' && upstreamId === null && !listsModels(vendor)) {
      throw new Refused('invalid', 'has no model to call yet: register one first', { pointer: '?model' });
    }
    const open = (await transaction('byom.provider_tests')
      .where({ org_id: org, provider: slug, kind })
      .whereIn('status', ['waiting', 'running'])
      .whereRaw("created_at > now() - interval '1 hour'")
      .first('id')) as { id: string } | undefined;
    const test = open?.id ?? randomUUID();
    if (open === undefined) {
      await transaction('byom.provider_tests').insert({
        org_id: org,
        id: test,
        kind,
        provider: slug,
        vendor,
        settings,
        audience,
        upstream_id: upstreamId,
        requested_by: actor,
      });
    }
    return asked(test);
  });
}

/** A provider as it might be saved, checked by its vendor. */
export interface Draft {
  readonly vendor: string;
  readonly settings: object;
  readonly audience: string;
  readonly needsCredential: boolean;
  /** Undefined: that of `provider`, if it was given for the same address. */
  readonly credential: unknown;
  readonly upstreamId: string | null;
  /** The registered provider that this would change; null for a new one. */
  readonly provider: string | null;
}

/** Writes the row of a test of a draft. A credential that comes with it is sealed to this test, and wiped when it ends. */
export async function askDraftTest(
  database: Knex,
  options: ChangeOptions,
  draft: Draft,
  seal: SealKeys,
): Promise<Changed<AskedTest>> {
  return changeAs(database, options, async (transaction) => {
    const { org, actor, dryRun } = options;
    const { vendor, settings, audience, credential, upstreamId, provider } = draft;
    await refuseMismatch(transaction, org, draft);
    const test = randomUUID();
    const place = { org, providerId: test, generation: 0, audience };
    const box = credential === undefined || dryRun ? null : sealCredential(credential, place, seal);
    if (box !== null) await insertKeyCheck(transaction, seal);
    await transaction('byom.provider_tests').insert({
      org_id: org,
      id: test,
      kind: 'draft',
      provider,
      vendor,
      settings,
      audience,
      upstream_id: upstreamId,
      requested_by: actor,
      ...(box && { key_id: box.keyId, wrapped_key: box.wrappedKey, ciphertext: box.ciphertext }),
    });
    return asked(test);
  });
}

/** A stored credential never goes to an address that it was not given for. */
async function refuseMismatch(transaction: Knex.Transaction, org: string, draft: Draft): Promise<void> {
  const stored = draft.provider === null ? null : await findProvider(transaction, org, draft.provider);
  if (draft.provider !== null && stored === null)
    throw new Refused('invalid', 'is no provider of this organization', { pointer: '/provider' });
  if (stored !== null && stored.vendor !== draft.vendor)
    throw new Refused('invalid', 'is not the vendor of this provider', { pointer: '/vendor' });
  if (draft.credential !== undefined || !draft.needsCredential) return;
  if (stored === null) throw new Refused('invalid', 'must be given', { pointer: '/credential' });
  if (stored.audience !== draft.audience) {
    throw new Refused('invalid', 'must be given: the stored one is for another address', {
      pointer: '/credential',
    });
  }
}

function asked(test: string) {
  return { action: 'provider.test', resource: 'provider-tests', before: null, after: null, result: { test } };
}

interface ProviderRow {
  readonly id: string;
  readonly vendor: string;
  readonly settings: object;
  readonly audience: string;
}

async function findProvider(
  transaction: Knex.Transaction,
  org: string,
  slug: string,
): Promise<ProviderRow | null> {
  const row = (await transaction('byom.providers')
    .where({ org_id: org, slug })
    .first('id', 'vendor', 'settings', 'audience')) as ProviderRow | undefined;
  return row ?? null;
}

async function upstreamOf(
  transaction: Knex.Transaction,
  org: string,
  providerId: string,
  model: string | null,
): Promise<string | null> {
  const found = (await transaction('byom.models')
    .where({ org_id: org, provider_id: providerId, ...(model === null ? {} : { slug: model }) })
    .orderBy([{ column: 'enabled', order: 'desc' }, 'slug'])
    .first('upstream_id')) as { upstream_id: string } | undefined;
  if (found === undefined && model !== null)
    throw new Refused('invalid', 'is no model of this provider', { pointer: '?model' });
  return found?.upstream_id ?? null;
}
