import { randomBytes } from 'node:crypto';
import { generateKeys, keysStatus, parseOpenKeys } from '../../registry/index.ts';
import type { Config } from '../config.ts';
import { checkDatabase } from '../reach-database.ts';

/**
 * Prints secrets on stdout, for a secret store; nothing else ever does. What each is for goes to stderr, so that stdout is
 * three lines of an environment file.
 */
export function generateCommand(): void {
  const id = new Date().toISOString().slice(0, 10);
  const { openRing, sealRing } = generateKeys(id);
  const runRing = `${id}:${randomBytes(32).toString('base64url')}`;
  const variables = [
    [
      'BYOM_CREDENTIAL_KEYS',
      openRing,
      'Workers open credentials and answers with this; keep it from the API.',
    ],
    ['BYOM_CREDENTIAL_PUBLIC_KEYS', sealRing, 'The API and `byom apply` seal with this; it opens nothing.'],
    ['BYOM_RUN_KEYS', runRing, 'Whoever starts runs signs with this, and workers verify; keep it secret.'],
  ] as const;
  for (const [name, ring, what] of variables) {
    process.stderr.write(`# ${what}\n`);
    process.stdout.write(`${name}=${ring}\n`);
  }
}

export async function statusCommand(config: Config): Promise<void> {
  const keys = parseOpenKeys(config.openRing());
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
