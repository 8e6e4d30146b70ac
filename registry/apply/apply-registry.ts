import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { ZodType } from 'zod';
import type { SealKeys } from '../secrets/key-ring.ts';
import { appendAudit } from './append-audit.ts';
import { applyCredential } from './apply-credential.ts';
import { faultsIn } from './faults-in.ts';
import { applyOrganization } from './apply-organization.ts';
import { nameOr, refusal } from './read-registry-file.ts';
import type { OrganizationEntry, ProviderEntry, RegistryFile } from './registry-file.ts';
import { upsert } from './upsert.ts';
import type { Written } from './upsert.ts';
import { countRevision, enterOrganization, findProviderId, inTransaction } from './within-organization.ts';

/** What is needed of each vendor to check and seal what a file says. */
export type VendorTable = Readonly<
  Record<
    string,
    {
      readonly settings: ZodType;
      readonly credential: ZodType;
      readonly needsCredential: boolean;
      // Each vendor parses its own settings first.
      // oxlint-disable-next-line typescript/no-explicit-any
      audience(settings: any): string;
    }
  >
>;

export interface ApplyOptions {
  readonly vendors: VendorTable;
  readonly seal: SealKeys;
  /** Answers what it would do; nothing of it is kept. */
  readonly dryRun?: boolean;
}

/** What became of one organization's entries. */
export interface Applied {
  readonly org: string;
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
}

/**
 * Brings the registry to what a file says, as role `byom_api`; all of it or nothing. Never deletes what the file does not
 * name, and a second time changes nothing. Throws `run.invalid` with line and column, and `registry.unavailable`.
 */
export async function applyRegistry(
  apiUrl: string,
  file: RegistryFile,
  options: ApplyOptions,
): Promise<readonly Applied[]> {
  // Others may choose the platform's models by name, so those are there first.
  const ordered = file.organizations.toSorted(
    (a, b) => Number(b.org === 'platform') - Number(a.org === 'platform'),
  );
  return inTransaction(apiUrl, async (transaction) => {
    const applied: Applied[] = [];
    await transaction.raw('savepoint before_the_file');
    for (const entry of ordered) applied.push(await applyEntry(transaction, entry, options));
    if (options.dryRun === true) await transaction.raw('rollback to savepoint before_the_file');
    return applied;
  });
}

/** Nobody logs in for it: whoever has the DSN is the host. What the file says stands in the host's repository. */
const fileApplied = {
  actor: 'host:byom apply',
  action: 'file.apply',
  resource: 'registry',
  before: null,
} as const;

async function applyEntry(
  transaction: Knex.Transaction,
  entry: OrganizationEntry,
  options: ApplyOptions,
): Promise<Applied> {
  const { org } = entry;
  await enterOrganization(transaction, org);
  const isNew = await insertOrganization(transaction, entry);
  const written: Written[] = [];
  for (const provider of entry.providers)
    written.push(...(await applyProvider(transaction, org, provider, options)));
  written.push(...(await applyOrganization(transaction, entry)));
  const count = (what: Written) => written.filter((one) => one === what).length;
  const [changed, added] = [count('changed'), count('created')];
  const created = added + Number(isNew);
  // Also for a new one: its rows carry the revision that it reaches with them.
  if (added + changed > 0) await countRevision(transaction, org);
  if (created + changed > 0)
    await appendAudit(transaction, org, {
      ...fileApplied,
      after: { created, changed },
      requestId: randomUUID(),
    });
  return { org, created, changed, unchanged: count('unchanged') };
}

/** Takes the organization's lock too, so that two applies do not mix. */
async function insertOrganization(
  transaction: Knex.Transaction,
  { org, name }: OrganizationEntry,
): Promise<boolean> {
  const inserted: unknown[] = await transaction('byom.organizations')
    .insert({ org_id: org, name: name ?? org })
    .onConflict('org_id')
    .ignore()
    .returning('org_id');
  await transaction('byom.organizations').where({ org_id: org }).forUpdate().first('org_id');
  return inserted.length > 0;
}

async function applyProvider(
  transaction: Knex.Transaction,
  org: string,
  entry: ProviderEntry,
  { vendors, seal }: ApplyOptions,
): Promise<readonly Written[]> {
  const { vendor: vendorName, slug, enabled, place } = entry;
  const vendor = Object.hasOwn(vendors, vendorName) ? vendors[vendorName] : undefined;
  if (vendor === undefined)
    throw refusal(
      place,
      `providers.${slug}.vendor: ${nameOr(vendorName, 'it')} is none of ${Object.keys(vendors).join(', ')}`,
    );
  const settings = check(vendor.settings, entry.settings, `providers.${slug}.settings`, place) as object;
  const credential =
    entry.credential && check(vendor.credential, entry.credential, `providers.${slug}.credential`, place);
  const audience = vendor.audience(settings);
  const provider = await upsert(
    transaction,
    'providers',
    { org_id: org, slug },
    {
      vendor: vendorName,
      name: entry.name ?? slug,
      settings,
      enabled,
      needs_credential: vendor.needsCredential,
      audience,
    },
  );
  const providerId = (await findProviderId(transaction, org, slug)) as string;
  const stored = await applyCredential(transaction, { org, providerId, audience }, credential, seal);
  return [provider, ...stored];
}

/** Names the field and the rule, never the value: it may be a secret. */
function check(schema: ZodType, value: unknown, name: string, place: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [fault] = faultsIn(parsed.error);
  const field = [name, ...(fault?.path ?? [])].map(String).join('.');
  throw refusal(place, `${field}: ${fault?.detail ?? 'does not fit'}`);
}
