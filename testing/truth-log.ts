import { createHash } from 'node:crypto';
import type { BilledUsage } from './wire/wire.ts';

/** One request as it truly came in, and what became of it. Times are milliseconds since 1970. */
export interface LoggedRequest {
  /** From 1, over all routes, in the order of arrival. */
  readonly number: number;
  readonly route: string;
  readonly method: string;
  /** Below the route, without the query string. */
  readonly path: string;
  /** Parsed; null where there was none or it was no JSON. */
  readonly body: unknown;
  /** SHA-256 of the key it carries, hex; null without one. The key itself is kept nowhere. */
  readonly authorization: string | null;
  /** Null while nothing was answered. */
  readonly status: number | null;
  readonly fault: string | null;
  readonly streamed: boolean;
  /** What a vendor would bill for it; null where it would bill nothing. */
  readonly billed: BilledUsage | null;
  readonly receivedAtMs: number;
  /** When the client went away before the end; null where it did not. */
  readonly disconnectedAtMs: number | null;
  /** Null while it is being served. */
  readonly finishedAtMs: number | null;
}

/** An entry while its request is being served. */
export type OpenEntry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

export class TruthLog {
  #entries: OpenEntry[] = [];
  #count = 0;

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  open(request: Pick<LoggedRequest, 'route' | 'method' | 'path'>, key: string | null): OpenEntry {
    this.#count += 1;
    const entry: OpenEntry = {
      ...request,
      number: this.#count,
      body: null,
      authorization: key === null ? null : createHash('sha256').update(key).digest('hex'),
      status: null,
      fault: null,
      streamed: false,
      billed: null,
      receivedAtMs: Date.now(),
      disconnectedAtMs: null,
      finishedAtMs: null,
    };
    this.#entries.push(entry);
    return entry;
  }

  clear(): void {
    this.#entries = [];
    this.#count = 0;
  }
}
