import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { openDatabase } from '../schema/open-database.ts';
import type { OpenKeys, SealKeys } from './key-ring.ts';
import { openBox, sealBox } from './sealed-box.ts';

const known = Buffer.from('byom.key-check.v1');

export interface KeyStatus {
  readonly keyId: string;
  /** Credentials that are still served and sealed to this key. */
  readonly credentials: number;
  readonly opens: boolean;
}

/** Per key id, how much depends on it and whether this ring opens it. Asked as `byom_worker`. */
export async function keysStatus(workerUrl: string, keys: OpenKeys): Promise<readonly KeyStatus[]> {
  const database = openDatabase(workerUrl, { max: 1 });
  try {
    return await readKeyStatus(database, keys);
  } catch {
    throw new Failure(
      'registry.unavailable',
      'Postgres does not answer, or this role may not read key checks.',
    );
  } finally {
    await database.destroy();
  }
}

async function readKeyStatus(database: Knex, keys: OpenKeys): Promise<readonly KeyStatus[]> {
  const rows: KeyCheckRow[] = await database.withSchema('byom').table('key_checks').orderBy('key_id');
  return rows.map((row) => ({ keyId: row.key_id, credentials: row.credentials, opens: opens(row, keys) }));
}

/** A worker that cannot open what it will be asked to is not ready. Throws `model.misconfigured` with the key's id. */
export async function checkKeys(database: Knex, keys: OpenKeys): Promise<void> {
  const closed = (await readKeyStatus(database, keys)).find((one) => one.credentials > 0 && !one.opens);
  if (closed)
    throw new Failure(
      'model.misconfigured',
      `BYOM_CREDENTIAL_KEYS does not open key ${closed.keyId}, to which ${closed.credentials} credentials are sealed. Add it.`,
    );
}

/** Written before the first credential that is sealed to a key. */
export async function insertKeyCheck(database: Knex, { primary }: SealKeys): Promise<void> {
  const { keyId, wrappedKey, ciphertext } = sealBox(known, primary, known);
  await database
    .withSchema('byom')
    .table('key_checks')
    .insert({ key_id: keyId, wrapped_key: wrappedKey, ciphertext })
    .onConflict('key_id')
    .ignore();
}

interface KeyCheckRow {
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly ciphertext: Buffer;
  readonly credentials: number;
}

function opens({ key_id, wrapped_key, ciphertext }: KeyCheckRow, keys: OpenKeys): boolean {
  const key = keys.find(key_id);
  if (key === undefined) return false;
  try {
    const box = { keyId: key_id, wrappedKey: wrapped_key, ciphertext };
    return openBox(box, key.key, known).equals(known);
  } catch {
    return false;
  }
}
