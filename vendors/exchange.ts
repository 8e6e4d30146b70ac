import { Failure } from '../contract/index.ts';
import type { Watch } from './deadlines.ts';
import { refusalToFailure, toFailure, type AskedMode } from './errors/to-failure.ts';
import type { ErrorWords } from './errors/vendor-error.ts';
import type { Prompt } from './vendor.ts';
import { userAgent } from './user-agent.ts';

/** The headers of every request whose headers are ours; what identifies the caller is added to them. */
export const jsonHeaders = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'user-agent': userAgent,
} as const;

/** What one exchange is bound to. */
export interface ExchangeParts {
  /** `fetch` through the guard, to the vendor's own hosts. */
  readonly reach: typeof globalThis.fetch;
  readonly watch: Watch;
  readonly words: ErrorWords;
  readonly mode: AskedMode;
  /** All headers of the request, in place of the SDK's, which may come from the worker's environment. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Lets an SDK make, sign and send one request, and keeps the vendor's answer from it: the SDK gets an empty success.
 * SDKs' own readers take a cut stream for an answer, lose headers and bodies of errors, print vendors' words on the
 * console and try again behind our back (all seen); with nothing to read there is nothing to lose, print or retry.
 * Throws `Failure` for a refusal or a broken connection, and whatever the SDK throws before it sends.
 */
export async function exchange(
  parts: ExchangeParts,
  send: (fetch: typeof globalThis.fetch) => Promise<unknown>,
): Promise<Response> {
  const kept: { response: Promise<Response> | null } = { response: null };
  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    if (kept.response !== null)
      throw new Failure('model.unknown', 'A second request in one call.', { sent: 'yes' });
    kept.response = sendOnce(parts, input, init);
    await kept.response.catch(() => {});
    return new Response('{}', { headers: { 'content-type': 'application/json' } });
  };
  try {
    await send(fetch);
  } catch (thrown) {
    // What the SDK makes of an empty success is its own affair; what it says before it sends is ours.
    if (kept.response === null) throw thrown;
  }
  if (kept.response === null) throw new Failure('model.unknown', 'The SDK sent no request.', { sent: 'no' });
  return kept.response;
}

/** Sends what an SDK made, once. Throws `Failure` for a refusal or a broken connection. */
export async function sendOnce(
  { reach, watch, words, mode, headers }: ExchangeParts,
  input: string | URL | Request,
  init: RequestInit,
): Promise<Response> {
  const request = { ...init, signal: watch.signal, ...(headers === undefined ? {} : { headers }) };
  const response = await reach(input, request).catch((thrown: unknown) => {
    throw toFailure(thrown);
  });
  watch.answered();
  if (!response.ok) throw await refusalToFailure(response, words, mode);
  return response;
}

/** How the prompt asks for JSON, in the words of `refusalToFailure`. */
export function askedMode({ answer }: Prompt): AskedMode {
  return answer.kind === 'json' ? answer.mode : null;
}
