import type { Knex } from 'knex';
import {
  deleteAssignment,
  deleteCredential,
  openDatabase,
  patchPolicy,
  putAssignment,
  putDataClass,
  putRules,
  setModelEnabled as switchModel,
  setProviderEnabled as switchProvider,
} from '../../registry/index.ts';
import type { ChangeOptions } from '../../registry/index.ts';

/** A Behavior of a pipe. */
export interface Where {
  readonly org: string;
  readonly pipe: string;
  readonly behavior: string;
}

/** One change as an admin makes it, whatever is there. */
async function change(
  apiUrl: string,
  org: string,
  make: (database: Knex, options: ChangeOptions) => Promise<unknown>,
): Promise<void> {
  const database = openDatabase(apiUrl, { max: 1 });
  try {
    await make(database, { org, actor: 'host:test', requestId: 'test', dryRun: false });
  } finally {
    await database.destroy();
  }
}

export const setAssignment = (apiUrl: string, { org, model, ...place }: Where & { readonly model: string }) =>
  change(apiUrl, org, (database, options) => putAssignment(database, options, place, model, '*'));

export const removeAssignment = (apiUrl: string, { org, ...place }: Where) =>
  change(apiUrl, org, (database, options) => deleteAssignment(database, options, place, '*'));

export const setModelEnabled = (apiUrl: string, org: string, model: string, enabled: boolean) =>
  change(apiUrl, org, (database, options) => switchModel(database, options, model, enabled, '*'));

export const setProviderEnabled = (apiUrl: string, org: string, provider: string, enabled: boolean) =>
  change(apiUrl, org, (database, options) => switchProvider(database, options, provider, enabled, '*'));

export const revokeCredential = (apiUrl: string, org: string, provider: string) =>
  change(apiUrl, org, (database, options) => deleteCredential(database, options, provider, '*'));

export const setRules = (
  apiUrl: string,
  { org, ...place }: Omit<Where, 'behavior'> & { readonly behavior: string | null },
  rules: Parameters<typeof putRules>[3],
) => change(apiUrl, org, (database, options) => putRules(database, options, place, rules, '*'));

export const setPolicy = (apiUrl: string, org: string, policy: Parameters<typeof patchPolicy>[2]) =>
  change(apiUrl, org, (database, options) => patchPolicy(database, options, policy, '*'));

export const setDataClass = (
  apiUrl: string,
  org: string,
  {
    class: name,
    ...values
  }: { readonly class: string; readonly providers: readonly string[]; readonly platform: boolean },
) => change(apiUrl, org, (database, options) => putDataClass(database, options, name, values, '*'));
