const oids = {
  pbes2: '2a864886f70d01050d',
  pbkdf2: '2a864886f70d01050c',
};
const tags = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30 };

/**
 * How many rounds of PBKDF2 it takes to open a key that is sealed with a passphrase (RFC 8018: PBES2), read from the base64
 * between its first and last line; infinite where it is sealed in another way. The number is chosen by whoever made the key,
 * and opening one holds the process for as long as it says.
 */
export function pemRounds(base64: string): number {
  // Node skips what is no base64, OpenSSL does not: both have to read the same.
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) return Number.POSITIVE_INFINITY;
  const at = { der: Buffer.from(base64, 'base64'), offset: 0 };
  const sequence = (): boolean => enter(at, tags.sequence) !== null;
  const named = (oid: string): boolean => take(at, tags.oid)?.toString('hex') === oid;
  const isRead =
    sequence() && sequence() && named(oids.pbes2) && sequence() && sequence() && named(oids.pbkdf2);
  if (!isRead || !sequence() || take(at, tags.octets) === null) return Number.POSITIVE_INFINITY;
  const rounds = take(at, tags.integer)?.toString('hex') ?? '';
  return rounds === '' ? Number.POSITIVE_INFINITY : Number.parseInt(rounds, 16);
}

interface Place {
  readonly der: Buffer;
  offset: number;
}

/** Steps over the head of the next element and says how long it is; null where it is no such element. */
function enter(at: Place, tag: number): number | null {
  const { der, offset } = at;
  const first = der[offset + 1];
  if (der[offset] !== tag || first === undefined) return null;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const start = offset + 2 + lengthBytes;
  if (lengthBytes > 4 || start > der.length) return null;
  at.offset = start;
  return lengthBytes === 0 ? first : der.readUIntBE(offset + 2, lengthBytes);
}

/** Steps over the next element and gives what is in it. */
function take(at: Place, tag: number): Buffer | null {
  const length = enter(at, tag);
  if (length === null) return null;
  const start = at.offset;
  at.offset += length;
  return at.offset > at.der.length ? null : at.der.subarray(start, at.offset);
}
