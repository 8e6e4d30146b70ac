import { Agent, fetch } from 'undici';
import { lastRequestPath } from './fixed-reply.ts';
import type { SentRequest } from './fixed-reply.ts';
import type { Closers } from '../sandbox/index.ts';
import { signerOfAmazon, signerOfOracle } from './sign-request.ts';
import type { Sign } from './sign-request.ts';
import type { StandIns } from './stand-in-process.ts';
import type { Call, VendorName } from './vendor-calls.ts';

/** What the transport says itself. */
const ofTransport = /^(host|connection|content-length|accept-encoding|accept-language|sec-fetch-mode)$/;

/**
 * The last request once more by `fetch`, over the same transport with the same settings, signed anew where the vendor wants
 * signatures; and of the answer no more than its JSON, that of each event of a stream, read when all of it is there.
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
  const sign = signerOf(vendor, accounts, { url, headers, body });
  return async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, ...sign() },
      body,
      dispatcher,
    });
    if (!response.ok) throw new Error(`The fixed reply came with status ${response.status}.`);
    if (!streaming) return void (await response.json());
    const events =
      vendor === 'amazon-bedrock' ? framesOf(await response.arrayBuffer()) : linesOf(await response.text());
    if (events.length === 0) throw new Error('The fixed reply came without events.');
    for (const event of events) JSON.parse(event);
  };
}

function signerOf(
  vendor: VendorName,
  accounts: StandIns['accounts'],
  request: Parameters<typeof signerOfAmazon>[1],
): Sign {
  if (vendor === 'oracle-oci') return signerOfOracle(accounts.oracle, request);
  if (vendor === 'amazon-bedrock') return signerOfAmazon(accounts.aws, request);
  return () => ({});
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []));
}

/** The payloads of Amazon's frames, unchecked: two lengths and a checksum before, a checksum behind. */
function framesOf(answer: ArrayBuffer): readonly string[] {
  const bytes = Buffer.from(answer);
  const payloads: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + bytes.readUInt32BE(start);
    payloads.push(bytes.toString('utf8', start + 12 + bytes.readUInt32BE(start + 4), end - 4));
    start = end;
  }
  return payloads;
}
