import type { Knex } from 'knex';
import type { ProviderTestRequest } from '../../contract/index.ts';
import type { BegunTest, FoundByTest } from '../provider-tests.ts';
import { toSupports } from '../rows.ts';
import { openCredential } from '../secrets/credential-box.ts';
import type { OpenKeys } from '../secrets/key-ring.ts';
import { askPostgres } from './ask-postgres.ts';

/** What `byom.begin_test` returns; null: there is nothing to try. */
interface StoredTest extends Pick<BegunTest, 'kind' | 'vendor' | 'settings' | 'upstreamId'> {
  readonly provider: string;
  readonly externalId: string;
  readonly supports: unknown;
  readonly credential: StoredCredential | null;
}

interface StoredCredential {
  /** The provider it was sealed for; for a draft, the test itself. */
  readonly owner: string;
  readonly generation: number;
  readonly audience: string;
  readonly keyId: string;
  readonly wrappedKey: string;
  readonly ciphertext: string;
}

export async function beginTest(
  database: Knex,
  keys: OpenKeys,
  { org, test }: ProviderTestRequest,
): Promise<BegunTest | null> {
  const stored = await askPostgres<StoredTest | null>(database, 'begin_test', { org, test });
  if (stored === null) return null;
  const { provider, externalId, credential, supports, ...rest } = stored;
  const { streaming, maxTokensField } = toSupports({ supports }, []);
  return {
    ...rest,
    supports: { streaming, maxTokensField },
    provider: { org, provider, externalId },
    openCredential: (audience) => unseal(credential, org, audience, keys),
  };
}

export async function recordTest(database: Knex, found: FoundByTest): Promise<void> {
  await askPostgres(database, 'record_test', found);
}

/** A credential that was given for another address is none for this one, as for every call. */
function unseal(stored: StoredCredential | null, org: string, audience: string, keys: OpenKeys): unknown {
  if (stored === null || stored.audience !== audience) return null;
  const { owner: providerId, generation, keyId } = stored;
  const box = {
    keyId,
    wrappedKey: Buffer.from(stored.wrappedKey, 'base64'),
    ciphertext: Buffer.from(stored.ciphertext, 'base64'),
  };
  return openCredential(box, { org, providerId, generation, audience }, keys);
}
