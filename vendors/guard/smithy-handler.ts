import { userAgent } from '../user-agent.ts';

/** A request as Amazon's SDKs hand it to their transport. */
export interface SmithyRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A response as Amazon's SDKs want it. */
interface SmithyResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** What Amazon's SDKs take as `requestHandler`. */
export interface SmithyHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(
    request: SmithyRequest,
    options?: { readonly abortSignal?: unknown },
  ): Promise<{ response: SmithyResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/** What the transport says itself, from the same facts that were signed. */
const ofTransport = new Set(['host', 'content-length', 'user-agent']);
/** What of the worker's environment the SDK adds to every tenant's call (`_X_AMZN_TRACE_ID`). */
const ofEnvironment = new Set(['x-amzn-trace-id']);

/**
 * Amazon's transport over a `fetch`, the guard's, in HTTP/1.1: the SDK's own speaks HTTP/2, which many proxies do not.
 */
export function createSmithyHandler(fetch: typeof globalThis.fetch): SmithyHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal } = {}) {
      const { url, init } = toFetchCall(request);
      const signal = abortSignal instanceof AbortSignal ? { signal: abortSignal } : {};
      const { status: statusCode, headers, body } = await fetch(url, { ...init, ...signal });
      return {
        response: { statusCode, headers: Object.fromEntries(headers), body: body ?? new Uint8Array() },
      };
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
    destroy: () => {},
  };
}

/** What `fetch` is to be called with. */
export interface FetchCall {
  readonly url: string;
  readonly init: RequestInit;
}

/** A request as it was signed, without what Amazon's SDK says of the worker. */
export function toFetchCall(request: SmithyRequest): FetchCall {
  const { method, body } = request;
  return { url: urlOf(request), init: { method, headers: headersOf(request), body: bodyOf(body) } };
}

/** The SDK's own class of bytes takes `fetch` longer to copy than all else of a request. */
function bodyOf(body: unknown): NonNullable<RequestInit['body']> | null {
  if (!(body instanceof Uint8Array)) return (body ?? null) as NonNullable<RequestInit['body']> | null;
  return Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
}

function urlOf({ protocol, hostname, port, path, query = {} }: SmithyRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? '']).map((one) => `${encode(name)}=${encode(String(one))}`),
  );
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

function headersOf({ headers }: SmithyRequest): Record<string, string> {
  const said = Object.entries(headers).filter(([name]) => {
    const lower = name.toLowerCase();
    return !ofTransport.has(lower) && !ofEnvironment.has(lower);
  });
  return { ...Object.fromEntries(said), 'user-agent': userAgent };
}

/** As the signature has it (RFC 3986): also the characters that `encodeURIComponent` leaves. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
