import { createLastUsed } from './last-used.ts';

/** A short-lived secret that somebody issued. Expiry is in milliseconds since 1970. */
export interface IssuedToken<Secret> {
  readonly secret: Secret;
  readonly expiresAtMs: number;
}

/** Short-lived secrets of a whole worker, by the key that `cacheKey` makes. */
export interface TokenCache<Secret> {
  /**
   * The secret of this key: the one at hand while it is fresh, else a new one. Calls that need the same one at the same time
   * share one request; its signal aborts when none of them waits any more, so a cancelled call fails no other. Rejects with
   * what `request` rejects with, which nobody remembers, or with the reason of `signal`.
   */
  get(
    key: string,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<IssuedToken<Secret>>,
  ): Promise<Secret>;
  /** Drops a secret that was refused; one that has replaced it in the meantime stays. */
  forget(key: string, refused: Secret): void;
}

const maxTokens = 200;
/** A token is renewed this long before it expires, or in the last tenth of its life where that is shorter. */
const renewAheadMs = 5 * 60_000;

/** Keeps the 200 tokens used last. */
export function createTokenCache<Secret = string>(nowMs: () => number = Date.now): TokenCache<Secret> {
  const kept = createLastUsed<Kept<Secret>>(maxTokens);
  const flights = new Map<string, Flight<Secret>>();

  const keep = (key: string, { secret, expiresAtMs }: IssuedToken<Secret>): void => {
    const lifeMs = expiresAtMs - nowMs();
    kept.set(key, { secret, freshUntilMs: expiresAtMs - Math.min(renewAheadMs, lifeMs / 10) });
  };

  const begin = (key: string, request: Parameters<TokenCache<Secret>['get']>[2]): Flight<Secret> => {
    const abort = new AbortController();
    const landed = request(abort.signal).then((token) => {
      keep(key, token);
      return token.secret;
    });
    const flight: Flight<Secret> = { landed, abort, waiting: 0 };
    const end = (): void => void (flights.get(key) === flight && flights.delete(key));
    landed.then(end, end);
    flights.set(key, flight);
    return flight;
  };

  return {
    async get(key, signal, request) {
      signal.throwIfAborted();
      const found = kept.get(key);
      if (found !== undefined && nowMs() < found.freshUntilMs) return found.secret;
      const flight = flights.get(key) ?? begin(key, request);
      flight.waiting += 1;
      try {
        return await untilAborted(flight.landed, signal);
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          // Nobody may join a request that is being given up.
          if (flights.get(key) === flight) flights.delete(key);
          flight.abort.abort();
        }
      }
    },
    forget(key, refused) {
      if (kept.get(key)?.secret === refused) kept.delete(key);
    },
  };
}

interface Kept<Secret> {
  readonly secret: Secret;
  readonly freshUntilMs: number;
}

interface Flight<Secret> {
  readonly landed: Promise<Secret>;
  readonly abort: AbortController;
  waiting: number;
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
