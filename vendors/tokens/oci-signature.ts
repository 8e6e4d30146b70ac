import { createHash, sign } from 'node:crypto';
import { misconfigured } from '../define-vendor.ts';
import { openOciKey, type OciKey } from './oci-key.ts';

/** A key of a user's, or one that Oracle's identity service has bound to a token for a short time. */
export type OciSigningKey = {
  readonly privateKey: string;
  readonly passphrase?: string | undefined;
} & (
  | { readonly tenancyId: string; readonly userId: string; readonly fingerprint: string }
  | { readonly securityToken: string }
);

/**
 * `fetch` that signs what it sends (docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm, version 1): date, method,
 * path, host, and the body by its digest. Bodies must be text. Ours, because the SDK's signer reads the key from PEM for each
 * request, which takes longer than all else that we add to a call. Throws `model.misconfigured` for a key that does not open.
 */
export function fetchWithOciSignature(
  fetch: typeof globalThis.fetch,
  credential: OciSigningKey,
): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const key = openOciKey(credential);
    if (key === null) {
      throw misconfigured("The provider's credential.privateKey cannot be opened. Set the credential again.");
    }
    const { url } = input instanceof Request ? input : { url: String(input) };
    const said = { ...init, headers: Object.fromEntries(new Headers(init.headers)) };
    return fetch(input, {
      ...said,
      headers: { ...said.headers, ...signatureOf(url, said, credential, key) },
    });
  };
}

interface Said {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The headers that a signature adds. Host and length are signed too, but the transport says them itself. */
function signatureOf(
  address: string,
  { method = 'GET', headers, body }: Said,
  credential: OciSigningKey,
  { privateKey }: OciKey,
): Readonly<Record<string, string>> {
  const { host, pathname, search } = new URL(address);
  const text = typeof body === 'string' ? body : null;
  const date = { 'x-date': new Date().toUTCString() };
  const digest =
    text === null ? {} : { 'x-content-sha256': createHash('sha256').update(text).digest('base64') };
  const signed = Object.entries({
    ...date,
    '(request-target)': `${method.toLowerCase()} ${pathname}${search}`,
    host,
    ...(text === null
      ? {}
      : { 'content-type': headers['content-type'], 'content-length': Buffer.byteLength(text) }),
    ...digest,
  });
  const lines = signed.map(([name, value]) => `${name}: ${value}`).join('\n');
  const fields = {
    version: '1',
    keyId: keyIdOf(credential),
    algorithm: 'rsa-sha256',
    headers: signed.map(([name]) => name).join(' '),
    signature: sign('sha256', Buffer.from(lines), privateKey).toString('base64'),
  };
  const authorization = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
  return { ...date, ...digest, authorization: `Signature ${authorization.join(',')}` };
}

function keyIdOf(credential: OciSigningKey): string {
  if ('securityToken' in credential) return `ST$${credential.securityToken}`;
  return `${credential.tenancyId}/${credential.userId}/${credential.fingerprint}`;
}
