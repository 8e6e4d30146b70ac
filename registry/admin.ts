import {
  needModel,
  refuseUnknownProviders,
  writeDataClass,
  writePolicy,
  writeRules,
} from './apply/apply-organization.ts';
import type { PolicyEntry, RuleValues } from './apply/registry-file.ts';
import { shredCredentials } from './apply/apply-credential.ts';
import { upsert } from './apply/upsert.ts';
import { changeOrganization, findProviderId } from './apply/within-organization.ts';
import { refusal } from './apply/read-registry-file.ts';

/** A Behavior of a pipe; null names the pipe itself, for its rules. */
export interface Where {
  readonly org: string;
  readonly pipe: string;
  readonly behavior: string;
}

/** Chooses the model of a Behavior: a slug, or `platform/<slug>`. Throws `run.invalid` where there is none. */
export async function setAssignment(
  apiUrl: string,
  where: Where & { readonly model: string },
): Promise<void> {
  const { org, pipe, behavior, model } = where;
  await changeOrganization(apiUrl, org, async (transaction) => {
    const found = await needModel(transaction, org, { model, place: 'model' });
    const key = { org_id: org, pipe_id: pipe, behavior_id: behavior };
    return (await upsert(transaction, 'assignments', key, { ...found })) !== 'unchanged';
  });
}

/** The Behavior uses the default again. Its rules stay. */
export async function removeAssignment(apiUrl: string, { org, pipe, behavior }: Where): Promise<void> {
  await changeOrganization(apiUrl, org, async (transaction) => {
    const key = { org_id: org, pipe_id: pipe, behavior_id: behavior };
    return (await transaction('byom.assignments').where(key).delete()) > 0;
  });
}

/** Null: the organization has no default. Under `platform` it is the platform's. */
export async function setDefault(apiUrl: string, org: string, model: string | null): Promise<void> {
  await changeOrganization(apiUrl, org, async (transaction) => {
    if (model === null) return (await transaction('byom.default_models').where({ org_id: org }).delete()) > 0;
    const found = await needModel(transaction, org, { model, place: 'model' });
    return (await upsert(transaction, 'default_models', { org_id: org }, { ...found })) !== 'unchanged';
  });
}

export async function setModelEnabled(
  apiUrl: string,
  org: string,
  model: string,
  enabled: boolean,
): Promise<void> {
  await setEnabled(apiUrl, 'models', org, model, enabled);
}

export async function setProviderEnabled(
  apiUrl: string,
  org: string,
  provider: string,
  enabled: boolean,
): Promise<void> {
  await setEnabled(apiUrl, 'providers', org, provider, enabled);
}

/** From its commit on no call begins with it; a call under way may still end. */
export async function revokeCredential(apiUrl: string, org: string, provider: string): Promise<void> {
  await changeOrganization(apiUrl, org, async (transaction) => {
    const providerId = await findProviderId(transaction, org, provider);
    if (providerId === undefined) throw refusal('provider', `${provider} is no provider of ${org}`);
    return shredCredentials(transaction, { org, providerId });
  });
}

/** Replaces the rules of a Behavior, or with `behavior: null` of the pipe itself. */
export async function setRules(
  apiUrl: string,
  where: Omit<Where, 'behavior'> & { readonly behavior: string | null },
  rules: RuleValues,
): Promise<void> {
  await changeOrganization(apiUrl, where.org, async (transaction) => {
    await refuseUnknownProviders(transaction, where.org, rules.providers ?? [], 'providers');
    return (await writeRules(transaction, where, rules)) !== 'unchanged';
  });
}

/** Changes the settings that are named. */
export async function setPolicy(apiUrl: string, org: string, policy: PolicyEntry): Promise<void> {
  await changeOrganization(
    apiUrl,
    org,
    async (transaction) => (await writePolicy(transaction, org, policy, null)) !== 'unchanged',
  );
}

/** Says who is approved for a class of data: exactly these providers, and the platform or not. */
export async function setDataClass(
  apiUrl: string,
  org: string,
  dataClass: { readonly class: string; readonly providers: string[]; readonly platform: boolean },
): Promise<void> {
  await changeOrganization(
    apiUrl,
    org,
    async (transaction) => (await writeDataClass(transaction, org, dataClass, 'providers')) !== 'unchanged',
  );
}

async function setEnabled(
  apiUrl: string,
  table: 'models' | 'providers',
  org: string,
  slug: string,
  enabled: boolean,
): Promise<void> {
  await changeOrganization(apiUrl, org, async (transaction) => {
    const rows = () => transaction(`byom.${table}`).where({ org_id: org, slug });
    if ((await rows().first('slug')) === undefined)
      throw refusal('slug', `${slug} is none of the ${table} of ${org}`);
    return (await rows().whereNot({ enabled }).update({ enabled })) > 0;
  });
}
