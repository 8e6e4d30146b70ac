import type { ApiError } from '../api/index.ts';

/** By its name: the class itself is loaded only by a command that uses the API. */
export function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'ApiError';
}

/** What the API says, with each place that does not fit; and for what it cannot say itself, the remedy. */
export function apiLineOf({ status, type, detail, errors }: ApiError): string {
  if (status === 401) return 'BYOM_API_TOKEN: nobody is known by it; it may have expired.';
  if (type === 'unreachable' || type === 'unexpected') return `BYOM_API_URL: ${detail}`;
  if (type === 'stale') return 'It was changed by somebody else at the same time: look again, and repeat.';
  if (errors.length === 0) return detail;
  return errors.map((fault) => `${fault.pointer}: ${fault.detail}`).join('; ');
}
