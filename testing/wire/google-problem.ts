import type { Problem, ProblemReply } from './wire.ts';

/** An error as Google's APIs send it: google.rpc.Status in JSON, cloud.google.com/apis/design/errors. */
export function googleProblem(status: number, { message, code = null, param = null }: Problem): ProblemReply {
  const known = code === null ? undefined : ownWords[code];
  const details = known?.details ?? (code === null ? [] : [errorInfo(code.toUpperCase())]);
  const field = param === null ? [] : [badRequest(param)];
  return {
    body: {
      error: {
        code: status,
        message: known?.message ?? message,
        status: statusNames[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
        ...(details.length + field.length === 0 ? {} : { details: [...details, ...field] }),
      },
    },
    headers: { 'content-type': 'application/json; charset=UTF-8', vary: 'Origin, X-Origin, Referer' },
  };
}

/** Names of google.rpc.Code for the statuses they come with. */
const statusNames: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** What faults are named by is OpenAI's; this is how Google says the same. */
const ownWords: Readonly<
  Record<string, { readonly message?: string; readonly details?: readonly object[] }>
> = {
  context_length_exceeded: {
    message: 'The input token count (99999) exceeds the maximum number of tokens allowed (8192).',
    details: [],
  },
  content_policy_violation: {
    message: 'The prompt was blocked: it goes against the Responsible AI practices.',
    details: [],
  },
  insufficient_quota: {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel', quotaValue: '50' }],
      },
    ],
  },
};

function errorInfo(reason: string): object {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'googleapis.com',
    metadata: { service: 'aiplatform.googleapis.com' },
  };
}

function badRequest(field: string): object {
  return {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field, description: 'Not supported by this model.' }],
  };
}
