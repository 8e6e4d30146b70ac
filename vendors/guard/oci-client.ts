import type { HttpClient } from 'oci-common';

/**
 * Oracle's transport over a `fetch`, which is the guard's and signs, or one that keeps the answer from the SDK. Only what is
 * asked goes over; the SDK's headers tell of the worker's machine and environment (`OCI_SDK_APPEND_USER_AGENT`).
 */
export function createOciClient(fetch: typeof globalThis.fetch): HttpClient {
  return {
    send: (request) => fetch(request.uri, { method: request.method, body: request.body as string }),
  };
}
