import { z } from '@hono/zod-openapi';

/** Every way in which a request can fail, with its status. The type on the wire is `urn:byom:problem:<name>` (RFC 9457). */
export const problems = {
  'bad-request': { status: 400, title: 'The request cannot be read.' },
  unauthenticated: { status: 401, title: 'Nobody is known by what came with the request.' },
  forbidden: { status: 403, title: 'You may not do this here.' },
  'not-found': { status: 404, title: 'There is no such thing, or it is not yours to see.' },
  'not-listed': { status: 404, title: 'The vendor has no list of its models.' },
  'method-not-allowed': { status: 405, title: 'This is not done with this method.' },
  conflict: { status: 409, title: 'It does not go with what is there.' },
  'in-use': { status: 409, title: 'Something still depends on it.' },
  'run-differs': { status: 409, title: 'This event already has a run, and it is another one.' },
  stale: { status: 412, title: 'It changed since you read it.' },
  'too-large': { status: 413, title: 'The request is too large.' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON.' },
  invalid: { status: 422, title: 'It does not fit.' },
  'precondition-required': { status: 428, title: 'Say which state you know.' },
  'too-many-requests': { status: 429, title: 'Too many requests.' },
  internal: { status: 500, title: 'Something went wrong on our side.' },
  unavailable: { status: 503, title: 'Not now.' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemType = keyof typeof problems;

/** One place in a request that does not fit. The value is never repeated: it may be a secret. */
export interface Fault {
  /** JSON pointer (RFC 6901) into the body; `?name` for a query parameter. */
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemDetails {
  readonly errors?: readonly Fault[];
  readonly dependents?: readonly object[];
  readonly resolutions?: readonly object[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that fails. Its detail is ours, and shown to the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly details: ProblemDetails;

  constructor(type: ProblemType, message: string = problems[type].title, details: ProblemDetails = {}) {
    super(message);
    this.type = type;
    this.details = details;
  }
}

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    dependents: z.array(z.record(z.string(), z.unknown())).optional(),
    resolutions: z.array(z.record(z.string(), z.unknown())).optional(),
  })
  .openapi('Problem');

export function toResponse(problem: Problem, requestId: string): Response {
  const { status, title } = problems[problem.type];
  const { headers, ...more } = problem.details;
  const body = {
    type: `urn:byom:problem:${problem.type}`,
    title,
    status,
    detail: problem.message,
    requestId,
    ...more,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': requestId, ...headers },
  });
}
