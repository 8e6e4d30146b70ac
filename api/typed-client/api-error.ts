/** One place in a request that does not fit: a JSON pointer into the body, `?name` of a query, or `{name}` of the path. */
export interface ApiFault {
  readonly pointer: string;
  readonly detail: string;
}

export interface ApiErrorParts {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly errors?: readonly ApiFault[];
  readonly requestId?: string | null;
  readonly etag?: string | null;
  readonly dependents?: readonly object[];
  readonly resolutions?: readonly object[];
}

/** A request that was refused, or not answered: then `status` is 0 and `type` is `unreachable`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Stable: `stale`, `in-use`, `invalid`, …; `unexpected` where something else than the API answered. */
  readonly type: string;
  /** One sentence for whoever sent it. */
  readonly detail: string;
  readonly errors: readonly ApiFault[];
  /** Under which the API's log knows the request. */
  readonly requestId: string | null;
  /** What is there now, for `stale` and `precondition-required`. */
  readonly etag: string | null;
  /** What depends on it, for `in-use`, and requests that would make room, ready to send. */
  readonly dependents: readonly object[];
  readonly resolutions: readonly object[];

  constructor(parts: ApiErrorParts) {
    super(parts.detail);
    this.status = parts.status;
    this.type = parts.type;
    this.detail = parts.detail;
    this.errors = parts.errors ?? [];
    this.requestId = parts.requestId ?? null;
    this.etag = parts.etag ?? null;
    this.dependents = parts.dependents ?? [];
    this.resolutions = parts.resolutions ?? [];
  }
}

const prefix = 'urn:byom:problem:';

/** Of an answer that is no success. What does not look like a problem of the API's is not repeated. */
export async function toApiError(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const requestId = headers.get('x-request-id');
  const body: unknown = await response.json().catch(() => null);
  const problem = body as Partial<ApiErrorParts> | null;
  const isOurs =
    typeof problem === 'object' &&
    typeof problem?.type === 'string' &&
    problem.type.startsWith(prefix) &&
    typeof problem.detail === 'string';
  if (!isOurs) {
    const detail = `Something else than the API answered, with status ${status}: correct its address.`;
    return new ApiError({ status, type: 'unexpected', detail, requestId });
  }
  const { type = '', detail = '', errors = [], dependents = [], resolutions = [] } = problem;
  const etag = headers.get('etag');
  return new ApiError({
    status,
    type: type.slice(prefix.length),
    detail,
    errors,
    requestId,
    etag,
    dependents,
    resolutions,
  });
}
