import type { WirePrompt } from './wire/wire.ts';

/**
 * What goes wrong at a route. With `times` it happens that often, without it until it is cleared. Times are in
 * milliseconds; tokens are counted from the first one sent.
 */
export type Fault = { readonly times?: number } & (
  | StatusFault
  /** Accepts the request and never answers. */
  | { readonly kind: 'silence' }
  /** Resets the connection before any byte. */
  | { readonly kind: 'refuse-connection' }
  /** Headers at once, the first token after `ms`. */
  | { readonly kind: 'slow-first-token'; readonly ms: number }
  /** Says nothing for `ms` after some tokens, then goes on, or ends the connection. */
  | {
      readonly kind: 'stall';
      readonly afterTokens: number;
      readonly ms: number;
      readonly afterwards?: 'go-on' | 'cut';
    }
  /** Destroys the connection after some tokens; an answer in one piece is cut in the middle. */
  | { readonly kind: 'cut'; readonly afterTokens: number }
  /** A clean end of the stream without the event that says the answer is complete. */
  | { readonly kind: 'end-without-terminal' }
  /** A complete stream without the closing `[DONE]`. */
  | { readonly kind: 'no-sentinel' }
  /** `event`: one more event that is no JSON, before token `at` (1) · `text`, `html`: a body that is no JSON. */
  | { readonly kind: 'garbage'; readonly form: 'event' | 'text' | 'html'; readonly at?: number }
  /** An answer of that many bytes (64 MiB). */
  | { readonly kind: 'huge'; readonly bytes?: number }
  /** A complete answer without a choice in it. */
  | { readonly kind: 'empty-choices' }
  /** Status 400 for these structured-output modes. */
  | { readonly kind: 'refuse-mode'; readonly modes: readonly ('json_schema' | 'json_object')[] }
  /** Valid JSON that lacks something required. */
  | { readonly kind: 'invalid-answer' }
  /** Half of the answer, cut by the vendor's filter. */
  | { readonly kind: 'content-filter' }
  /** The model declines, in the place that the format has for it. */
  | { readonly kind: 'refusal' }
  /** Half of the answer, cut by the token limit. */
  | { readonly kind: 'truncated' }
  /** Status 401 unless the key is this one. */
  | { readonly kind: 'require-key'; readonly key: string }
);

export interface StatusFault {
  readonly kind: 'status';
  readonly status: number;
  /** The vendor's error code: `insufficient_quota`, `context_length_exceeded`, `content_policy_violation`, … */
  readonly code?: string;
  /** When to come back, in one of the forms that vendors use. */
  readonly retryAfter?: { readonly ms: number; readonly form: RetryAfterForm };
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is if it is text, else as JSON; without it, an error in the vendor's own shape. */
  readonly body?: unknown;
}

export type RetryAfterForm = 'seconds' | 'date' | 'milliseconds' | 'ratelimit-reset';

export type FaultKind = Fault['kind'];

/** The faults of all routes, each with what is left of its `times`. */
export class Faults {
  readonly #byRoute = new Map<string, { readonly fault: Fault; left: number }[]>();

  add(route: string, fault: Fault): void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#byRoute.set(route, [...(this.#byRoute.get(route) ?? []), entry]);
  }

  clear(route?: string): void {
    if (route === undefined) this.#byRoute.clear();
    else this.#byRoute.delete(route);
  }

  /** The oldest fault that applies to this request, counted. A list of models knows only those before an answer. */
  take(route: string, prompt: WirePrompt | null, key: string | null): Fault | null {
    const entry = (this.#byRoute.get(route) ?? []).find(
      ({ fault, left }) => left > 0 && applies(fault, prompt, key),
    );
    if (entry === undefined) return null;
    entry.left -= 1;
    return entry.fault;
  }
}

function applies(fault: Fault, prompt: WirePrompt | null, key: string | null): boolean {
  if (fault.kind === 'require-key') return key !== fault.key;
  if (prompt === null) return beforeAnswer.has(fault.kind);
  if (fault.kind === 'refuse-mode') return fault.modes.some((mode) => mode === prompt.mode);
  return true;
}

const beforeAnswer = new Set<FaultKind>(['status', 'silence', 'refuse-connection']);

/** The header that says when to come back. */
export function retryAfterHeader({ ms, form }: NonNullable<StatusFault['retryAfter']>): [string, string] {
  switch (form) {
    case 'seconds':
      return ['retry-after', String(ms / 1000)];
    case 'date':
      return ['retry-after', new Date(Date.now() + ms).toUTCString()];
    case 'milliseconds':
      return ['retry-after-ms', String(ms)];
    case 'ratelimit-reset':
      return ['x-ratelimit-reset-requests', `${ms / 1000}s`];
  }
}
