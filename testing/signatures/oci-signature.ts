import { createHash, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KnownAccounts } from '../accounts.ts';

/** What has to be signed of a request with a body. */
const needed = ['(request-target)', 'host', 'x-content-sha256', 'content-length', 'content-type'];
/** Oracle takes a clock that is five minutes off. */
const maxSkewMs = 5 * 60_000;

/**
 * Whether Oracle would take the signature (docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm): version 1,
 * rsa-sha256, over the date, the request line, the host and the body's digest, with the key of a known account or of a token
 * that was issued.
 */
export function isSignedForOracle(request: IncomingMessage, body: Buffer, accounts: KnownAccounts): boolean {
  const signature = readSignature(request);
  if (signature === null || !isKnown(signature.keyId, accounts)) return false;
  const { version, algorithm, names } = signature;
  if (version !== '1' || algorithm !== 'rsa-sha256' || !needed.every((name) => names.includes(name))) {
    return false;
  }
  const dated = names.find((name) => name === 'x-date' || name === 'date');
  if (dated === undefined || !isRecent(request.headers[dated])) return false;
  if (request.headers['x-content-sha256'] !== createHash('sha256').update(body).digest('base64'))
    return false;
  const text = names.map((name) => `${name}: ${valueOf(request, name)}`).join('\n');
  return verify('sha256', Buffer.from(text), accounts.publicKey, Buffer.from(signature.signature, 'base64'));
}

/** The id of the key that a request is signed with: `tenancy/user/fingerprint`, or `ST$` and a token. */
export function signingKeyIdOf(request: IncomingMessage): string | null {
  return readSignature(request)?.keyId ?? null;
}

interface Signature {
  readonly version: string;
  readonly keyId: string;
  readonly algorithm: string;
  /** In the order in which they are signed, in small letters: the SDKs spell some of them with capitals. */
  readonly names: readonly string[];
  readonly signature: string;
}

function readSignature({ headers }: IncomingMessage): Signature | null {
  const [, list] = /^Signature (.*)$/.exec(headers.authorization ?? '') ?? [];
  if (list === undefined) return null;
  const fields = new Map([...list.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const field = (name: string): string => fields.get(name) ?? '';
  return {
    version: field('version'),
    keyId: field('keyId'),
    algorithm: field('algorithm'),
    names: field('headers').toLowerCase().split(' '),
    signature: field('signature'),
  };
}

function isKnown(keyId: string, { oracle, isIssued }: KnownAccounts): boolean {
  if (keyId.startsWith('ST$')) return isIssued(keyId.slice(3));
  return keyId === `${oracle.tenancyId}/${oracle.userId}/${oracle.fingerprint}`;
}

function isRecent(date: string | readonly string[] | undefined): boolean {
  return Math.abs(Date.parse(String(date)) - Date.now()) <= maxSkewMs;
}

function valueOf(request: IncomingMessage, name: string): string {
  if (name !== '(request-target)') return String(request.headers[name] ?? '');
  return `${request.method?.toLowerCase()} ${request.url}`;
}
