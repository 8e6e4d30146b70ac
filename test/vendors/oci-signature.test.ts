import { DefaultRequestSigner } from 'oci-common';
import { fetchWithOciSignature } from '../../vendors/tokens/oci-signature.ts';
import { ociCredential } from './dialects/oracle-oci.ts';

/** What goes out for a request: the headers with the signature among them. */
async function sentFor(uri: string, init: RequestInit): Promise<Headers> {
  let sent = new Headers();
  const fetch: typeof globalThis.fetch = async (_input, given) => {
    sent = new Headers(given?.headers);
    return new Response();
  };
  await fetchWithOciSignature(fetch, ociCredential)(uri, init);
  return sent;
}

/** What Oracle's own signer makes of the same request at the same time. */
async function signedByOracle(uri: string, { method, body, headers: given }: RequestInit, date: string) {
  const { tenancyId, userId, fingerprint, privateKey } = ociCredential;
  const signer = new DefaultRequestSigner({
    getKeyId: async () => `${tenancyId}/${userId}/${fingerprint}`,
    getPrivateKey: () => privateKey,
    getPassphrase: () => null,
  });
  const headers = new Headers(given);
  headers.set('x-date', date);
  await signer.signHttpRequest({ uri, method: method as 'GET' | 'POST', headers, body });
  return headers;
}

describe('the signature for Oracle', () => {
  it.each([
    ['of a call', 'POST', 'https://a.example:8443/20231130/actions/chat', '{"text":"naïve ✓"}'],
    ['of a list', 'GET', 'https://a.example/20231130/models?limit=1000&capability=CHAT', undefined],
  ])("%s is the one that Oracle's own signer makes", async (_what, method, uri, body) => {
    const headers = { 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const sent = await sentFor(uri, init);
    const theirs = await signedByOracle(uri, init, sent.get('x-date') ?? '');
    const fieldsOf = (of: Headers) =>
      [...(of.get('authorization') ?? '').matchAll(/(\w+)="([^"]*)"/g)]
        // They spell some names with capitals.
        .map(([, name, value]) => [name, name === 'headers' ? value?.toLowerCase() : value])
        .toSorted();
    expect(fieldsOf(sent)).toHaveLength(5);
    expect(fieldsOf(sent)).toEqual(fieldsOf(theirs));
    expect(sent.get('x-content-sha256')).toBe(theirs.get('x-content-sha256'));
  });
});
