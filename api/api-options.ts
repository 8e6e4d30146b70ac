import type { Client } from '@temporalio/client';
import type { RunKeys } from '../client/index.ts';
import type { SealKeys } from '../registry/index.ts';
import type { AuthenticationOptions } from './authenticate.ts';
import type { RequestLine } from './serve.ts';

/** What an API is bound to. It reads no environment; whoever composes it does. */
export interface ApiOptions extends AuthenticationOptions {
  /** The registry, as role `byom_api`: it cannot read a stored credential, and no key that opens one is ever here. */
  readonly databaseUrl: string;
  /** Public keys: credentials are sealed with them. */
  readonly sealKeys: SealKeys;
  /** Where runs are started, watched and repaired. Without it, those routes answer 503. */
  readonly client?: Client;
  /** Signs the tickets of runs that are started here. */
  readonly runKeys?: RunKeys;
  /** Task queue of the workers that serve; `byom` by default. */
  readonly taskQueue?: string;
  /** Connections to Postgres at most; 5 by default, more than one process keeps busy (`npm run bench`). */
  readonly connectionsMax?: number;
  /** Bytes of a request's body; 1 MiB by default. */
  readonly bodyMaxBytes?: number;
  /** Requests of one principal per minute; 6,000 by default. */
  readonly requestsPerMinute?: number;
  /** One line per request, without bodies, query strings and secrets. */
  readonly log?: (line: RequestLine) => void;
}
