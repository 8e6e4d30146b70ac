import { userAgent } from '../user-agent.ts';

/** One request to a token endpoint of OAuth 2.0 (RFC 6749, 4.4.2). Rejects as `fetch` does; any status is an answer. */
export function postForm(
  fetch: typeof globalThis.fetch,
  url: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': userAgent,
    },
    body: new URLSearchParams(form).toString(),
    signal,
  });
}
