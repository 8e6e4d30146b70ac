import type { VendorReply } from '../contract/index.ts';
import { withinDeadlines } from './deadlines.ts';
import { askedMode, jsonHeaders, exchange } from './exchange.ts';
import { createOciClient } from './guard/oci-client.ts';
import { loadSdk } from './load-sdk.ts';
import type { Endpoint, Prompt, Reach } from './vendor.ts';
import { ociCohere, ociGeneric } from './wire/oci-chat.ts';
import { isCohere, toChatDetails } from './wire/oci-request.ts';
import { readAnswer } from './wire/read-answer.ts';

/** Where a call goes, and for whom. */
export interface OciTarget {
  /** Without the version of the API, which the SDK adds. */
  readonly baseUrl: string;
  readonly compartmentId: string;
}

/** One request to Oracle's own inference API through its SDK. `reach.fetch` signs it. */
export function callOci(
  prompt: Prompt,
  endpoint: Endpoint<unknown, unknown>,
  reach: Reach,
  { baseUrl, compartmentId }: OciTarget,
): Promise<VendorReply> {
  const { streaming, upstreamId } = endpoint;
  const wire = isCohere(upstreamId) ? ociCohere : ociGeneric;
  return withinDeadlines(reach, streaming, async (watch) => {
    const { GenerativeAiInferenceClient } = await loadSdk(
      'oci-generativeaiinference',
      () => import('oci-generativeaiinference'),
    );
    const { CircuitBreaker, NoRetryConfigurationDetails } = await loadSdk(
      'oci-common',
      () => import('oci-common'),
    );
    const parts = {
      reach: reach.fetch,
      watch,
      words: wire.errors,
      mode: askedMode(prompt),
      headers: jsonHeaders,
    };
    const response = await exchange(parts, (fetch) => {
      const client = new GenerativeAiInferenceClient(
        { httpClient: createOciClient(fetch) },
        {
          retryConfiguration: NoRetryConfigurationDetails,
          // The SDK's own would be one per call: it could learn nothing, and leaves timers behind.
          circuitBreaker: new CircuitBreaker({ disableClientCircuitBreaker: true }),
        },
      );
      client.endpoint = baseUrl;
      return client.chat({ chatDetails: toChatDetails(prompt, endpoint, compartmentId) });
    });
    return readAnswer(response, wire, streaming, watch);
  });
}
