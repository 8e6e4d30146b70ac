import { DefaultRequestSigner } from 'oci-common';
import { Agent, fetch } from 'undici';
import { lastRequestPath } from './fixed-reply.ts';
import type { SentRequest } from './fixed-reply.ts';
import type { Closers } from '../sandbox/index.ts';
import type { StandIns } from './stand-in-process.ts';
import type { Call, VendorName } from './vendor-calls.ts';

/** What the transport says itself. */
const ofTransport = /^(host|connection|content-length|accept-encoding|accept-language|sec-fetch-mode)$/;

/**
 * The last request once more by `fetch`, over the same transport with the same settings, and of the answer no more than that
 * it came: JSON, or the text of it. A signature of Amazon's comes along as it was made; one of Oracle's, which takes most of
 * the time of such a call, is made anew by Oracle's own signer.
 */
export async function createRawCall(
  { fixed, accounts }: StandIns,
  vendor: VendorName,
  streaming: boolean,
  closers: Closers,
): Promise<Call> {
  const sent = (await fetch(`${fixed}${lastRequestPath}`).then((one) => one.json())) as SentRequest;
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });
  closers.onClose(() => dispatcher.destroy());
  const url = `${fixed}${sent.path}`;
  const { body } = sent;
  const headers = Object.fromEntries(
    Object.entries(sent.headers).flatMap(([name, value]) =>
      ofTransport.test(name) ? [] : [[name, String(value)]],
    ),
  );
  const sign = vendor === 'oracle-oci' ? createSigner(accounts.oracle, url, body) : null;
  return async () => {
    const signed = sign === null ? headers : { ...headers, ...(await sign()) };
    const response = await fetch(url, { method: 'POST', headers: signed, body, dispatcher });
    if (!response.ok) throw new Error(`The fixed reply came with status ${response.status}.`);
    await (streaming ? response.text() : response.json());
  };
}

function createSigner(
  { tenancyId, userId, fingerprint, privateKey }: StandIns['accounts']['oracle'],
  uri: string,
  body: string,
): () => Promise<Record<string, string>> {
  const signer = new DefaultRequestSigner({
    getKeyId: async () => `${tenancyId}/${userId}/${fingerprint}`,
    getPrivateKey: () => privateKey,
    getPassphrase: () => null,
  });
  return async () => {
    const headers = new Headers({ 'content-type': 'application/json' });
    await signer.signHttpRequest({ uri, method: 'POST', headers, body });
    for (const name of ['host', 'content-length']) headers.delete(name);
    return Object.fromEntries(headers);
  };
}
