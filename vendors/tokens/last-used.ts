import { createHash } from 'node:crypto';

/** What takes long to make or to get, kept for the calls that follow. */
export interface LastUsed<Value> {
  /** The value of this key, which thereby becomes the one used last. */
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** Keeps the `max` values used last, each under a key that `cacheKey` makes. */
export function createLastUsed<Value>(max: number): LastUsed<Value> {
  // A map keeps the order in which its keys were set.
  const kept = new Map<string, Value>();
  const set = (key: string, value: Value): void => {
    kept.delete(key);
    kept.set(key, value);
    for (const oldest of kept.keys()) {
      if (kept.size <= max) break;
      kept.delete(oldest);
    }
  };
  return {
    get(key) {
      const value = kept.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key) => void kept.delete(key),
  };
}

/** What is known under a key says nothing of the secret: a digest of what it was made or requested with, and where it serves. */
export function cacheKey(credential: object, endpoint: string): string {
  const canonical = JSON.stringify([endpoint, credential], (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(canonical).digest('base64url');
}
