import { Failure } from '../contract/index.ts';

/** One key of the ring `BYOM_RUN_KEYS`: it signs and verifies, and may be limited to organizations. */
export interface RunKey {
  readonly id: string;
  readonly secret: Buffer;
  /** Null: any organization. */
  readonly orgs: readonly string[] | null;
}

/** The keys of runs: the first that may sign for an organization signs, all of them verify. */
export interface RunKeys {
  keyFor(org: string): RunKey | null;
  key(id: string): RunKey | null;
}

const secretMinBytes = 32;

/**
 * Reads a ring from text: `id:secret[:org|org…]`, comma-separated, the secret base64url of at least 32 bytes.
 * Throws `run.invalid` with the position of a bad entry, never with its text.
 */
export function parseRunKeys(text: string): RunKeys {
  const keys = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseRunKey);
  if (keys.length === 0) throw badRing(1, 'it is empty');
  return createRunKeys(keys);
}

export function createRunKeys(keys: readonly RunKey[]): RunKeys {
  return {
    keyFor: (org) => keys.find(({ orgs }) => orgs === null || orgs.includes(org)) ?? null,
    key: (id) => keys.find((one) => one.id === id) ?? null,
  };
}

function parseRunKey(entry: string, index: number): RunKey {
  const [id = '', secretText = '', orgsText, ...rest] = entry.split(':');
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(id))
    throw badRing(index + 1, 'its id is not 1 to 64 letters, digits, "_", "." or "-"');
  const secret = Buffer.from(secretText, 'base64url');
  if (secret.length < secretMinBytes || rest.length > 0)
    throw badRing(index + 1, `its secret is not base64url of at least ${secretMinBytes} bytes`);
  return { id, secret, orgs: orgsText === undefined ? null : orgsText.split('|') };
}

function badRing(position: number, what: string): Failure {
  return new Failure(
    'run.invalid',
    `Run key ${position}: ${what}. Write id:secret[:org|org], comma-separated; \`byom keys generate\` makes one.`,
  );
}
