import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const prefix = 'byom_st_';
const shape = /^byom_st_([a-z0-9]{12})_([A-Za-z0-9_-]{43})_([0-9a-f]{8})$/;

export interface NewToken {
  readonly id: string;
  /** Shown once, kept nowhere. */
  readonly token: string;
  /** SHA-256 of the token: what the registry keeps. */
  readonly hash: Buffer;
}

/** `byom_st_<id>_<256 random bits>_<CRC-32>`: the prefix lets scanners find a leaked one, the sum lets them be sure. */
export function makeToken(): NewToken {
  const id = randomBytes(8).toString('hex').slice(0, 12);
  const body = `${prefix}${id}_${randomBytes(32).toString('base64url')}`;
  const token = `${body}_${sumOf(body)}`;
  return { id, token, hash: hash('sha256', token, 'buffer') };
}

export function looksLikeToken(text: string): boolean {
  return text.startsWith(prefix);
}

/** The hash under which the registry knows a token, hex; null for what no token of ours can be. */
export function hashToken(text: string): string | null {
  const sum = shape.exec(text)?.[3];
  if (sum === undefined || sum !== sumOf(text.slice(0, -9))) return null;
  return hash('sha256', text, 'hex');
}

function sumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
