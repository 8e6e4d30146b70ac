import { Failure, type FailureHints, type FailureType } from '../../contract/index.ts';
import { codesIn, findFailure } from './find-failure.ts';
import { readRetryAfterMs } from './retry-after.ts';
import { parseJson, readVendorError, typeByStatus, typeByWords, type ErrorWords } from './vendor-error.ts';

const errorBodyMaxBytes = 64 * 1024;

/** How JSON was asked for; null where text was. Only a mode that was asked for can have been refused. */
export type AskedMode = 'json_schema' | 'json_object' | 'prompt' | null;

/** Reads a response that is not a success. Its body is read up to 64 KiB and then let go. */
export async function refusalToFailure(
  response: Response,
  words: ErrorWords,
  mode: AskedMode,
): Promise<Failure> {
  const { status, headers } = response;
  const body = await readStart(response);
  const said = readVendorError(body);
  const codes = [...codesOf(headers, words), ...said.codes];
  const type = typeByWords({ ...said, codes }, words, status) ?? typeByStatus(status, words);
  const retryAfterMs = readRetryAfterMs(headers, Date.now()) ?? words.retryAfterMs?.(parseJson(body)) ?? null;
  const hints: FailureHints = {
    httpStatus: status,
    sent: 'yes',
    ...(retryAfterMs === null || !comesBack(type) ? {} : { retryAfterMs }),
    ...(headers.get('x-should-retry') === 'false' ? { retry: false } : {}),
    ...(type === 'model.rejected' && canBeRefused(mode) && words.mode.test(said.text)
      ? { refusedMode: true }
      : {}),
  };
  return new Failure(type, `The vendor answered ${status}.`, hints);
}

function codesOf(headers: Headers, words: ErrorWords): readonly string[] {
  return (words.codeHeaders ?? []).map((name) => headers.get(name)?.toLowerCase() ?? '');
}

/** An error that a vendor reports inside an answer that began as a success. */
export function reportedToFailure(reported: unknown, words: ErrorWords): Failure {
  const type = typeByWords(readVendorError(reported), words, null) ?? 'model.server-error';
  return new Failure(type, 'The vendor reported an error inside its answer.', {
    sent: 'yes',
    httpStatus: 200,
  });
}

/**
 * Whatever a transport threw, as a failure; nothing of the original goes along. `sent` is what the caller knows: `yes`
 * once headers came back.
 */
export function toFailure(thrown: unknown, sent: 'maybe' | 'yes' = 'maybe'): Failure {
  const ours = findFailure(thrown);
  if (ours !== null) return ours;
  for (const code of codesIn(thrown)) {
    const row = byCode.find(([pattern]) => pattern.test(code));
    if (row !== undefined) return new Failure(row[1], row[2], { sent, ...row[3] });
  }
  return new Failure('model.unknown', 'The call to the vendor failed, and nothing says how.', { sent });
}

/** Only these pass by themselves; a wait would be no help with the others. */
function comesBack(type: FailureType): boolean {
  return ['model.rate-limited', 'model.overloaded', 'model.server-error', 'model.timed-out'].includes(type);
}

function canBeRefused(mode: AskedMode): boolean {
  return mode !== null && mode !== 'prompt';
}

/** Codes of Node and undici. Rows above win: a certificate error is also a failed connection. */
const byCode: readonly (readonly [RegExp, FailureType, string, FailureHints])[] = [
  [
    /CERT|SELF_SIGNED|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^ERR_TLS|^ERR_SSL|^EPROTO$/,
    'model.unreachable',
    "The vendor's certificate does not hold, or it does not speak TLS.",
    { retry: false, sent: 'no' },
  ],
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/,
    'model.unreachable',
    "No connection to the vendor's address could be made.",
    { sent: 'no' },
  ],
  [
    /^(HPE_INVALID_EOF_STATE|ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_SOCKET|UND_ERR_CLOSED|UND_ERR_DESTROYED|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    'model.unreachable',
    'The connection to the vendor broke.',
    {},
  ],
  [/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/, 'model.timed-out', 'The vendor fell silent.', { retry: false }],
  [
    /^UND_ERR_RES_EXCEEDED_MAX_SIZE$/,
    'model.invalid-answer',
    "The vendor's answer is larger than the operator allows.",
    { sent: 'yes' },
  ],
  [
    /^HPE_|^Z_|^ERR__ERROR_|^UND_ERR_HEADERS_OVERFLOW$/,
    'model.invalid-answer',
    'What the vendor sent is not HTTP.',
    { sent: 'yes' },
  ],
];

async function readStart(response: Response): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  try {
    while (bytes < errorBodyMaxBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch (broken) {
    // The status has been said already. Only an abort matters, and the caller's signal tells of it.
    void broken;
  }
  void reader.cancel().catch(() => {});
  return text;
}
