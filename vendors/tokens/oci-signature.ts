import type { HttpRequest } from 'oci-common';
import { misconfigured } from '../define-vendor.ts';
import { loadSdk } from '../load-sdk.ts';
import { openOciKey } from './oci-key.ts';

/** A key of a user's, or one that Oracle's identity service has bound to a token for a short time. */
export type OciSigningKey = {
  readonly privateKey: string;
  readonly passphrase?: string | undefined;
} & (
  | { readonly tenancyId: string; readonly userId: string; readonly fingerprint: string }
  | { readonly securityToken: string }
);

/** What the signer sets because it signs it, and the transport says itself from the same facts. */
const ofTransport = ['host', 'content-length'];

/**
 * `fetch` that signs what it sends with Oracle's own signer (docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm):
 * date, method, path, host, and the body by its digest. Bodies must be text. Throws `model.misconfigured` for a key that
 * does not open.
 */
export function fetchWithOciSignature(
  fetch: typeof globalThis.fetch,
  credential: OciSigningKey,
): typeof globalThis.fetch {
  return async (input, init = {}) => {
    const { DefaultRequestSigner } = await loadSdk('oci-common', () => import('oci-common'));
    const key = openOciKey(credential);
    if (key === null) {
      throw misconfigured("The provider's credential.privateKey cannot be opened. Set the credential again.");
    }
    const signer = new DefaultRequestSigner({
      getKeyId: async () => keyIdOf(credential),
      getPrivateKey: () => key.pem,
      getPassphrase: () => null,
    });
    const uri = input instanceof Request ? input.url : String(input);
    const method = (init.method ?? 'GET') as HttpRequest['method'];
    const headers = new Headers(init.headers);
    await signer.signHttpRequest({ uri, method, headers, body: init.body });
    for (const name of ofTransport) headers.delete(name);
    return fetch(input, { ...init, headers: Object.fromEntries(headers) });
  };
}

function keyIdOf(credential: OciSigningKey): string {
  if ('securityToken' in credential) return `ST$${credential.securityToken}`;
  return `${credential.tenancyId}/${credential.userId}/${credential.fingerprint}`;
}
