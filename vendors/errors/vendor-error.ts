import type { FailureType } from '../../contract/index.ts';

/** What a vendor says of its own error, read from any of the shapes seen; empty where it says nothing. */
export interface VendorError {
  /** Codes and types it names, lower case. */
  readonly codes: readonly string[];
  /** Its prose, lower case. Only ever matched, never passed on: vendors echo parts of keys and prompts. */
  readonly text: string;
}

/** Patterns and what they mean; the first row that matches wins. Codes and prose come in lower case. */
type ErrorRows = readonly (readonly [RegExp, FailureType])[];

/** How a wire format names what went wrong. Each format has one such table, beside its codec. */
export interface ErrorWords {
  /** Codes that say more than the status they come with. */
  readonly codes: ErrorRows;
  /** Codes that only count where no status is there to say it: an error inside a stream, a reply that says it failed. */
  readonly codesAlone: ErrorRows;
  /** Prose, read where a status says no more than "your request is wrong" (400, 413, 422) or where there is none. */
  readonly prose: ErrorRows;
  /** Prose that refuses the way JSON was asked for, not what was asked. */
  readonly mode: RegExp;
  /** Statuses that mean something else here than elsewhere. */
  readonly statuses?: Readonly<Record<number, FailureType>>;
  /** Response headers that hold a code. */
  readonly codeHeaders?: readonly string[];
  /** When the vendor wants us back, milliseconds, where its body says so. */
  readonly retryAfterMs?: (body: unknown) => number | null;
}

const maxTextLength = 64 * 1024;
/** Google's quotas lie five below the body, in a list of bodies six. */
const maxDepth = 6;
/**
 * Where vendors keep codes, and where prose. `param` is prose to us: it names the field that was refused. Google names the
 * quota that is used up in `violations` and `metadata`.
 */
const codeKeys = ['code', 'type', '__type', 'status', 'reason', 'quotaId', 'quota_limit'];
const textKeys = 'message Message msg detail details error errors innererror param violations metadata'.split(
  ' ',
);

/**
 * Reads an error: OpenAI's `{ error: { code, type, message } }`, Google's with `details`, Amazon's `{ __type, message }`,
 * FastAPI's `{ detail }`, old vLLM's `{ object: 'error', message }`, `{ error: 'text' }`, a list of any of them, JSON inside
 * a message (Oracle passes its models' errors on like that), or plain text.
 */
export function readVendorError(body: unknown): VendorError {
  const codes: string[] = [];
  const texts: string[] = [];
  collect(body, codes, texts, 0);
  return { codes, text: texts.join(' ').slice(0, maxTextLength).toLowerCase() };
}

function collect(value: unknown, codes: string[], texts: string[], depth: number): void {
  if (typeof value === 'string') {
    const inner = /^\s*[{[]/.test(value) && depth <= 4 ? parseJson(value) : null;
    if (inner === null) return void texts.push(value);
    return collect(inner, codes, texts, depth + 1);
  }
  if (typeof value !== 'object' || value === null || depth > maxDepth) return;
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
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The failure type that the vendor's own words name, or null where only the status is left to go by. */
export function typeByWords(
  error: VendorError,
  words: ErrorWords,
  status: number | null,
): FailureType | null {
  const coded = firstMatch(words.codes, error.codes);
  if (coded !== null) return coded;
  if (status === null) {
    const numeric = error.codes.map(Number).find((code) => code >= 400 && code < 600);
    if (numeric !== undefined) return typeByWords(error, words, numeric) ?? typeByStatus(numeric, words);
    return firstMatch(words.prose, [error.text]) ?? firstMatch(words.codesAlone, error.codes);
  }
  return status === 400 || status === 413 || status === 422 ? firstMatch(words.prose, [error.text]) : null;
}

function firstMatch(rows: ErrorRows, texts: readonly string[]): FailureType | null {
  return rows.find(([pattern]) => texts.some((text) => pattern.test(text)))?.[1] ?? null;
}

/** What a status means where nothing else is said (RFC 9110 and what vendors add to it). */
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

export function typeByStatus(status: number, words: ErrorWords): FailureType {
  const known = words.statuses?.[status] ?? byStatus[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'model.server-error';
  return status >= 400 ? 'model.rejected' : 'model.unknown';
}
