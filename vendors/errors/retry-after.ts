const dayMs = 24 * 60 * 60 * 1000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: dayMs };

/**
 * When the vendor wants us back, in milliseconds from now, or null where it says nothing readable. The most exact form
 * wins: `retry-after-ms`, Amazon's, `retry-after` (RFC 9110: seconds or a date), then OpenAI's `x-ratelimit-reset-*`.
 * Never negative and never more than a day, whatever the header says.
 */
export function readRetryAfterMs(headers: Headers, nowMs: number): number | null {
  const waitMs =
    readNumber(headers.get('retry-after-ms')) ??
    readNumber(headers.get('x-amz-retry-after')) ??
    readSecondsOrDateMs(headers.get('retry-after'), nowMs) ??
    readResetMs(headers);
  return waitMs === null ? null : Math.round(Math.min(Math.max(waitMs, 0), dayMs));
}

function readNumber(text: string | null): number | null {
  return text !== null && /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function readSecondsOrDateMs(text: string | null, nowMs: number): number | null {
  const seconds = readNumber(text);
  if (seconds !== null) return seconds * 1000;
  // `Date.parse` reads nearly anything; an HTTP date begins with the day of the week.
  if (text === null || !/^\s*[A-Z][a-z]{2,8},/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs - nowMs;
}

/** The reset of the limit that is used up; where the vendor does not say which one is, the nearer one. */
function readResetMs(headers: Headers): number | null {
  const limits = ['requests', 'tokens'].flatMap((limit) => {
    const resetMs = readDurationMs(headers.get(`x-ratelimit-reset-${limit}`));
    const usedUp = readNumber(headers.get(`x-ratelimit-remaining-${limit}`)) === 0;
    return resetMs === null ? [] : [{ resetMs, usedUp }];
  });
  const usedUp = limits.filter((limit) => limit.usedUp).map((limit) => limit.resetMs);
  if (usedUp.length > 0) return Math.max(...usedUp);
  return limits.length > 0 ? Math.min(...limits.map((limit) => limit.resetMs)) : null;
}

/** `1s`, `6m0s`, `20ms`, `1h30m`, `1.5s`; a bare number means seconds. */
function readDurationMs(text: string | null): number | null {
  const seconds = readNumber(text);
  if (seconds !== null) return seconds * 1000;
  if (text === null || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return null;
  let sumMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    sumMs += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return sumMs;
}
