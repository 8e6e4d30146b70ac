import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KnownAccounts } from '../accounts.ts';

/** Why a signature does not hold, in Amazon's own code. */
export interface SignatureFault {
  readonly code: string;
  readonly message: string;
}

/** A clock may be wrong by this much. */
const skewMs = 5 * 60_000;
const authorizationForm =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

/** The access key id that a signed request names; null where it carries no such signature. */
export function accessKeyOf(request: IncomingMessage): string | null {
  return authorizationForm.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/**
 * Checks a Signature Version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) against
 * the keys that the accounts know; null where it holds.
 */
export function findSignatureFault(
  request: IncomingMessage,
  body: Buffer,
  { awsSecrets }: KnownAccounts,
): SignatureFault | null {
  const parts = authorizationForm.exec(request.headers.authorization ?? '');
  if (parts === null) {
    return fault('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [, accessKeyId = '', day = '', region = '', service = '', signed = '', signature = ''] = parts;
  const known = awsSecrets.get(accessKeyId);
  const token = request.headers['x-amz-security-token'] ?? null;
  if (known === undefined || known.sessionToken !== token) {
    return fault('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const at = String(request.headers['x-amz-date'] ?? '');
  if (!at.startsWith(day) || Math.abs(Date.now() - readTimeMs(at)) > skewMs) {
    return fault('InvalidSignatureException', 'Signature expired or not yet current.');
  }
  const names = signed.split(';');
  const stated = request.headers['x-amz-content-sha256'];
  const bodyHash = sha256(body);
  const left = ['host', 'x-amz-date', ...(token === null ? [] : ['x-amz-security-token'])].filter(
    (name) => !names.includes(name),
  );
  if (left.length > 0 || (stated !== undefined && stated !== bodyHash)) {
    return fault('InvalidSignatureException', 'The signature leaves out what it has to cover.');
  }
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonicalOf(request, names, bodyHash))].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${known.secretAccessKey}`,
  );
  if (timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) return null;
  return fault(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  );
}

function canonicalOf(request: IncomingMessage, names: readonly string[], bodyHash: string): string {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
  const query = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted();
  const headers = names.map((name) => `${name}:${oneLine(request.headers[name])}\n`);
  return [
    request.method ?? '',
    // Encoded once more than it was sent: every service but S3 wants it like that.
    pathname.split('/').map(encode).join('/'),
    query.join('&'),
    headers.join(''),
    names.join(';'),
    bodyHash,
  ].join('\n');
}

function oneLine(value: string | readonly string[] | undefined): string {
  return [value ?? ''].flat().join(',').trim().replaceAll(/ +/g, ' ');
}

/** RFC 3986: also the characters that `encodeURIComponent` leaves. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `20261124T100000Z`. */
function readTimeMs(text: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function fault(code: string, message: string): SignatureFault {
  return { code, message };
}
