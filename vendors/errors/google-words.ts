import { asList, asObject, asText } from '../wire/wire.ts';
import type { ErrorWords } from './vendor-error.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Errors of Google's APIs: google.rpc.Status with ErrorInfo, QuotaFailure and RetryInfo (cloud.google.com/apis/design/errors),
 * as docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors lists them. Prose seen in public reports.
 */
export const googleWords: ErrorWords = {
  codes: [
    // What a day allows does not come back within a run; what a minute allows does.
    [/per_?day|^billing_disabled$/, 'model.quota-exhausted'],
    [
      /^api_key_(invalid|expired)$|^access_token_|^credentials_missing$|^unauthenticated$/,
      'model.unauthorized',
    ],
    [/^permission_denied$|^service_disabled$|^consumer_invalid$|^api_key_.*_blocked$/, 'model.forbidden'],
    [/^not_found$/, 'model.not-found'],
    [/^resource_exhausted$|^rate_limit_exceeded$/, 'model.rate-limited'],
    [/^unavailable$/, 'model.overloaded'],
    [/^deadline_exceeded$/, 'model.timed-out'],
  ],
  codesAlone: [
    [/^(internal|unknown|aborted|cancelled|data_loss)$/, 'model.server-error'],
    [/^(invalid_argument|failed_precondition|out_of_range|unimplemented)$/, 'model.rejected'],
  ],
  prose: [
    [
      /input token (count|limit)|tokens? (allowed|limit)|too many tokens|context (length|window)/,
      'model.context-too-long',
    ],
    [
      /responsible ai|usage guidelines|prohibited (use|content)|safety (filter|polic)/,
      'model.content-filtered',
    ],
    [/organization policy|location is not supported/, 'model.forbidden'],
    [/api key (not valid|expired)/, 'model.unauthorized'],
  ],
  mode: /response_?mime_?type|mimetype parameter|response_?(json_?)?schema|json mode|controlled generation|(specified|output) schema|too many states/,
  // 499 is gRPC's CANCELLED: not by us, or we would not be there to read it.
  statuses: { 499: 'model.server-error', 501: 'model.rejected' },
  retryAfterMs: readRetryInfoMs,
};

/** RetryInfo's `retryDelay`, a google.protobuf.Duration in JSON: `34s`, `1.5s`. Some errors come in a list of one. */
function readRetryInfoMs(body: unknown): number | null {
  const said = asObject(Array.isArray(body) ? body[0] : body);
  for (const detail of asList(asObject(said?.['error'])?.['details'])) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(asText(asObject(detail)?.['retryDelay']))?.[1];
    if (seconds !== undefined) return Math.min(Math.round(Number(seconds) * 1000), dayMs);
  }
  return null;
}
