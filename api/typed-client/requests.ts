import type { DryRun } from '../written.ts';
import { ApiError, toApiError } from './api-error.ts';

export interface ApiClientOptions {
  /** Where the API is, without `/v1`. */
  readonly url: string;
  /** A service token, or a JWT of the host's issuer. */
  readonly token: string;
  /** The global `fetch` by default. */
  readonly fetch?: typeof fetch;
}

/** What was read, with its ETag: send that along as `ifMatch` to change exactly this state. */
export interface Read<T> {
  readonly body: T;
  /** As it came, quotes included; null for what has none. */
  readonly etag: string | null;
}

export interface WriteOptions {
  /** The ETag of the state that is to be changed, or `*` for whatever is there. Left out, only something new is made. */
  readonly ifMatch?: string | undefined;
  /** Says what it would do, and does nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What a write did. */
export interface Written<T> {
  /** True where there was nothing before. */
  readonly created: boolean;
  /** Null after a deletion and after a dry run. */
  readonly body: T | null;
  readonly etag: string | null;
  /** What would change; null where it was for real. */
  readonly dryRun: DryRun | null;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Writing extends WriteOptions {
  readonly body?: unknown;
  readonly query?: Query;
  readonly idempotencyKey?: string | undefined;
}

/** The three kinds of requests, over one connection to the API. All of them throw `ApiError`. */
export interface Requests {
  read<T>(path: string, query?: Query): Promise<Read<T>>;
  /** Every item; the next page is asked for when it is needed. */
  list<T>(path: string, query?: Query): AsyncIterable<T>;
  write<T>(method: 'PUT' | 'POST' | 'PATCH' | 'DELETE', path: string, writing?: Writing): Promise<Written<T>>;
}

export function createRequests({ url, token, fetch: send = fetch }: ApiClientOptions): Requests {
  const base = url.replace(/\/+$/, '');
  const ask = async (method: string, path: string, query: Query, rest: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', ...rest.headers };
    const response = await send(`${base}${path}${toSearch(query)}`, {
      method,
      ...rest,
      headers,
      redirect: 'error',
    }).catch(() => {
      throw new ApiError({ status: 0, type: 'unreachable', detail: `No API answers at ${originOf(base)}.` });
    });
    if (!response.ok) throw await toApiError(response);
    return response;
  };
  const read = async <T>(path: string, query: Query = {}): Promise<Read<T>> => {
    const response = await ask('GET', path, query);
    return { body: (await readJson(response)) as T, etag: response.headers.get('etag') };
  };
  return {
    read,
    async *list<T>(path: string, query: Query = {}) {
      let cursor: string | null | undefined;
      do {
        const after: Query = { ...query, cursor: cursor ?? undefined };
        const { body } = await read<{ items: readonly T[]; nextCursor?: string | null }>(path, after);
        yield* body.items;
        cursor = body.nextCursor;
      } while (cursor);
    },
    async write<T>(method: string, path: string, writing: Writing = {}) {
      const { body, query = {}, ifMatch, dryRun, idempotencyKey } = writing;
      const asked = { ...query, dry_run: dryRun === true ? true : undefined };
      const response = await ask(method, path, asked, {
        headers: {
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const said = response.status === 204 ? null : await readJson(response);
      return dryRun === true
        ? { created: false, body: null, etag: null, dryRun: said as DryRun }
        : {
            created: response.status === 201,
            body: said as T | null,
            etag: response.headers.get('etag'),
            dryRun: null,
          };
    },
  };
}

/** A path with the ids in it encoded. Throws `ApiError` for an id that every URL parser would take for a step. */
export function at(parts: TemplateStringsArray, ...ids: readonly string[]): string {
  return String.raw(
    parts,
    ...ids.map((id) => {
      if (/^\.{0,2}$/.test(id))
        throw new ApiError({ status: 0, type: 'invalid', detail: `"${id}" is no id that a path can hold.` });
      return encodeURIComponent(id);
    }),
  );
}

function toSearch(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search.toString()}`;
}

/** Without what a URL may carry of user and password. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'an address that is no URL';
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    const detail = 'Something else than the API answered: correct its address.';
    throw new ApiError({ status: response.status, type: 'unexpected', detail });
  }
}
