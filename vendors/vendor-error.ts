import type { FailureType } from '../contract/index.ts';

/** What a vendor says of its own error, read from any of the shapes seen; empty where it says nothing. */
export interface VendorError {
  /** Codes and types it names, lower case. */
  readonly codes: readonly string[];
  /** Its prose, lower case. Only ever matched, never passed on: vendors echo parts of keys and prompts. */
  readonly text: string;
}

const maxTextLength = 64 * 1024;
/** Where vendors keep codes, and where prose. `param` is prose to us: it names the field that was refused. */
const codeKeys = ['code', 'type', 'status', 'reason'];
const textKeys = ['message', 'msg', 'detail', 'error', 'param'];

/**
 * Reads the body of an error: OpenAI's `{ error: { code, type, message } }`, FastAPI's `{ detail }`, old vLLM's
 * `{ object: 'error', message }`, `{ error: 'text' }`, a list of any of them, or plain text.
 */
export function readVendorError(body: unknown): VendorError {
  const codes: string[] = [];
  const texts: string[] = [];
  collect(typeof body === 'string' ? (parseJson(body) ?? body) : body, codes, texts, 0);
  return { codes, text: texts.join(' ').slice(0, maxTextLength).toLowerCase() };
}

function collect(value: unknown, codes: string[], texts: string[], depth: number): void {
  if (typeof value === 'string') texts.push(value);
  if (typeof value !== 'object' || value === null || depth > 3) return;
  if (Array.isArray(value)) {
    for (const one of value.slice(0, 10)) collect(one, codes, texts, depth + 1);
    return;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of codeKeys) {
    const code = fields[key];
    if (typeof code === 'string' || typeof code === 'number') codes.push(String(code).toLowerCase());
  }
  for (const key of textKeys) collect(fields[key], codes, texts, depth + 1);
  collect(fields['innererror'], codes, texts, depth + 1);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Codes that say more than the status they come with. The first row that matches wins. */
const byCode: readonly (readonly [RegExp, FailureType])[] = [
  [
    /^context_length_exceeded$|^model_context_window_exceeded$|^exceed_context_size_error$/,
    'model.context-too-long',
  ],
  [
    /^content_?filter(ed)?$|^content_policy|_policy(_violation)?$|^responsibleaipolicyviolation$/,
    'model.content-filtered',
  ],
  [
    /^insufficient_quota$|^credit_balance_exhausted$|_(spend|usage)_limit_exceeded$|^billing_(hard_limit_reached|not_active)$/,
    'model.quota-exhausted',
  ],
  [/^invalid_api_key$|^api_key_invalid$|^authentication_error$/, 'model.unauthorized'],
  [/^permission_(error|denied)$/, 'model.forbidden'],
  [/^model_not_found$|^deploymentnotfound$/, 'model.not-found'],
  [/^slow_down$|^server_is_overloaded$|^overloaded(_error)?$/, 'model.overloaded'],
  [/^rate_limit_(exceeded|error)$|^too_?many_?requests$/, 'model.rate-limited'],
];

/** Codes that only count where no status is there to say it: an error inside a stream, a reply that says it failed. */
const byCodeAlone: readonly (readonly [RegExp, FailureType])[] = [
  [/^(server|internal|internal_server|api)_error$|^internalservererror$/, 'model.server-error'],
  [/time_?out|^deadline_exceeded$/, 'model.timed-out'],
  [/^invalid_(request_error|prompt|image|value)|^badrequesterror$/, 'model.rejected'],
];

const contextText =
  /maximum context length|context (length|window|size)|prompt is too long|input is too long|too many (input )?tokens|max_model_len|reduce the length of the (messages|prompt|input)/;
const filterText = /content (management )?policy|usage polic(y|ies)|safety system|flagged as potentially/;
const modeText =
  /response_format|text\.format|json_schema|json_object|structured[ _]outputs?|guided[_ ](json|decoding)/;

/** The failure type that the vendor's own words name, or null where only the status is left to go by. */
export function typeByWords(error: VendorError, status: number | null): FailureType | null {
  const coded = firstMatch(byCode, error.codes);
  if (coded !== null) return coded;
  if (status === null) {
    const numeric = error.codes.map(Number).find((code) => code >= 400 && code < 600);
    if (numeric !== undefined) return typeByWords(error, numeric) ?? typeByStatus(numeric);
    return byProse(error) ?? firstMatch(byCodeAlone, error.codes);
  }
  return status === 400 || status === 413 || status === 422 ? byProse(error) : null;
}

function byProse(error: VendorError): FailureType | null {
  if (contextText.test(error.text)) return 'model.context-too-long';
  return filterText.test(error.text) ? 'model.content-filtered' : null;
}

function firstMatch(
  rows: readonly (readonly [RegExp, FailureType])[],
  codes: readonly string[],
): FailureType | null {
  return rows.find(([pattern]) => codes.some((code) => pattern.test(code)))?.[1] ?? null;
}

/** Whether what was refused is the way to ask for JSON, not what was asked. */
export function refusesMode(error: VendorError): boolean {
  return modeText.test(error.text);
}

const byStatus: Readonly<Record<number, FailureType>> = {
  401: 'model.unauthorized',
  402: 'model.quota-exhausted',
  403: 'model.forbidden',
  404: 'model.not-found',
  408: 'model.timed-out',
  409: 'model.server-error', // OpenAI: the lock was taken; asking again is right
  410: 'model.not-found',
  424: 'model.server-error',
  425: 'model.overloaded',
  429: 'model.rate-limited',
  503: 'model.overloaded',
  504: 'model.timed-out',
  522: 'model.timed-out', // Cloudflare's own, as is 524
  524: 'model.timed-out',
  529: 'model.overloaded', // Anthropic's, and copied since
};

export function typeByStatus(status: number): FailureType {
  const known = byStatus[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'model.server-error';
  return status >= 400 ? 'model.rejected' : 'model.unknown';
}
