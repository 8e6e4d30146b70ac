import { randomBytes } from 'node:crypto';
import { generateKeys, keysStatus } from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { checkDatabase } from '../reach-database.ts';

/** Prints secrets on stdout, for a secret store; nothing else ever does. */
export function generateCommand(): void {
  const id = new Date().toISOString().slice(0, 10);
  const { openRing, sealRing } = generateKeys(id);
  const runKey = `${id}:${randomBytes(32).toString('base64url')}`;
  process.stdout.write(
    [
      '# Workers open credentials and answers with this; keep it secret and away from the API.',
      `BYOM_CREDENTIAL_KEYS=${openRing}`,
      '# The API and `byom apply` seal with this; it opens nothing.',
      `BYOM_CREDENTIAL_PUBLIC_KEYS=${sealRing}`,
      '# Whoever starts runs signs with this, and workers verify; keep it secret.',
      `BYOM_RUN_KEYS=${runKey}`,
      '',
    ].join('\n'),
  );
}

export async function statusCommand(config: Config): Promise<void> {
  const keys = config.openKeys();
  const database = config.worker();
  await checkDatabase(database);
  const rows = await keysStatus(database.url, keys);
  if (rows.length === 0) process.stdout.write('No credential is sealed yet.\n');
  for (const { keyId, credentials, opens } of rows)
    process.stdout.write(
      `${keyId}: ${credentials} credentials, ${opens ? 'this ring opens them' : 'NOT in this ring'}.\n`,
    );
  if (rows.some(({ opens }) => !opens)) process.exitCode = 1;
}
