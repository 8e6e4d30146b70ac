import type { ApiError } from '../api/index.ts';

/** By its name: the class itself is loaded only by a command that uses the API. */
export function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'ApiError';
}

/** A model can be replaced by each of the others; nobody needs to read all of them. */
const remediesMost = 3;

/** What the API says, with each place that does not fit; and for what it cannot say itself, the remedy. */
export function apiLineOf({ status, type, detail, errors, resolutions }: ApiError): string {
  if (status === 401) return 'BYOM_API_TOKEN: nobody is known by it; it may have expired.';
  if (errors.length > 0) return errors.map((fault) => `${fault.pointer}: ${fault.detail}`).join('; ');
  switch (type) {
    case 'unreachable':
    case 'unexpected':
      return `BYOM_API_URL: ${detail}`;
    case 'forbidden':
      return `${withoutStop(detail)}: the role of BYOM_API_TOKEN does not include it.`;
    case 'not-found':
      return `${withoutStop(detail)}: check its name and the organization's.`;
    case 'stale':
      return 'It was changed by somebody else at the same time: look again, and repeat.';
    case 'in-use':
      return [detail, ...resolutions.slice(0, remediesMost).map(wayOf)].join(' ');
    default:
      return detail;
  }
}

/** Of a request that would make room: what it does, in words. */
function wayOf(resolution: object): string {
  return 'what' in resolution ? String(resolution.what) : '';
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
