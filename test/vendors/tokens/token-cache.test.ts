import { cacheKey } from '../../../vendors/tokens/last-used.ts';
import { createTokenCache, type IssuedToken } from '../../../vendors/tokens/token-cache.ts';

const hourMs = 3_600_000;
const { signal } = new AbortController();

/** A clock to be set, and an issuer that counts. */
function setUp(lifeMs = hourMs) {
  const clock = { nowMs: 1_000_000 };
  const cache = createTokenCache(() => clock.nowMs);
  let issued = 0;
  const issue = async (): Promise<IssuedToken<string>> => {
    issued += 1;
    return { secret: `token-${issued}`, expiresAtMs: clock.nowMs + lifeMs };
  };
  return { clock, cache, issue, get: (key: string) => cache.get(key, signal, issue), issued: () => issued };
}

/** An issuer that answers when it is told to. */
function onDemand() {
  const signals: AbortSignal[] = [];
  const { promise, resolve, reject } = deferred<IssuedToken<string>>();
  const request = (given: AbortSignal) => {
    signals.push(given);
    return promise;
  };
  return { signals, request, resolve, reject };
}

function deferred<T>() {
  let resolve = (_value: T): void => {};
  let reject = (_reason: Error): void => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('the token cache', () => {
  it('asks once for what is still fresh, and anew five minutes before the end', async () => {
    const { clock, get } = setUp();
    expect(await get('a')).toBe('token-1');
    clock.nowMs += hourMs - 5 * 60_000 - 1;
    expect(await get('a')).toBe('token-1');
    clock.nowMs += 1;
    expect(await get('a')).toBe('token-2');
  });

  it('uses a token that lives shorter than five minutes for nine tenths of its life', async () => {
    const { clock, get } = setUp(60_000);
    await get('a');
    clock.nowMs += 53_999;
    expect(await get('a')).toBe('token-1');
    clock.nowMs += 1;
    expect(await get('a')).toBe('token-2');
  });

  it('never serves a token that came expired', async () => {
    const { get } = setUp(0);
    expect([await get('a'), await get('a')]).toEqual(['token-1', 'token-2']);
  });

  it('keeps the tokens of two keys apart', async () => {
    const { get } = setUp();
    expect([await get('a'), await get('b'), await get('a')]).toEqual(['token-1', 'token-2', 'token-1']);
  });

  it('keeps 200 tokens, and drops the one that was not used for the longest time', async () => {
    const { get, issued } = setUp();
    for (let key = 0; key < 200; key += 1) await get(String(key));
    await get('0');
    await get('one too many');
    await get('0');
    expect(issued()).toBe(201);
    await get('1');
    expect(issued()).toBe(202);
  });

  it('forgets a token that was refused, but not the one that replaced it', async () => {
    const { cache, get } = setUp();
    await get('a');
    cache.forget('a', 'token-1');
    expect(await get('a')).toBe('token-2');
    cache.forget('a', 'token-1');
    expect(await get('a')).toBe('token-2');
  });

  it('lets calls that come at once share one request', async () => {
    const { cache } = setUp();
    const { signals, request, resolve } = onDemand();
    const calls = [1, 2, 3].map(() => cache.get('a', signal, request));
    resolve({ secret: 'shared', expiresAtMs: Number.MAX_SAFE_INTEGER });
    expect(await Promise.all(calls)).toEqual(['shared', 'shared', 'shared']);
    expect(signals).toHaveLength(1);
  });

  it('gives a failure to all who wait for it, and asks again for the next', async () => {
    const { cache, get } = setUp();
    const { request, reject } = onDemand();
    const calls = [1, 2].map(() => cache.get('a', signal, request));
    reject(new Error('no token'));
    for (const call of calls) await expect(call).rejects.toThrow('no token');
    expect(await get('a')).toBe('token-1');
  });

  it('lets a cancelled call go at once and serves the others', async () => {
    const { cache } = setUp();
    const { signals, request, resolve } = onDemand();
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const cancelled = cache.get('a', abort.signal, request);
    const other = cache.get('a', signal, request);
    abort.abort(reason);
    await expect(cancelled).rejects.toBe(reason);
    expect(signals[0]?.aborted).toBe(false);
    resolve({ secret: 'late', expiresAtMs: Number.MAX_SAFE_INTEGER });
    expect(await other).toBe('late');
  });

  it('gives the request up with the last call that waits, and nobody joins it any more', async () => {
    const { cache, get } = setUp();
    const { signals, request, reject } = onDemand();
    const abort = new AbortController();
    const cancelled = cache.get('a', abort.signal, request);
    abort.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(signals[0]?.aborted).toBe(true);
    expect(await get('a')).toBe('token-1');
    reject(new Error('aborted, and nobody is there to hear it'));
    expect(await get('a')).toBe('token-1');
  });

  it('asks nobody for a call that is cancelled already', async () => {
    const { cache, issue, issued } = setUp();
    const reason = new Error('cancelled');
    await expect(cache.get('a', AbortSignal.abort(reason), issue)).rejects.toBe(reason);
    expect(issued()).toBe(0);
  });
});

describe('the key of a token', () => {
  const credential = { clientId: 'id', clientSecret: 'planted-secret', nested: { b: 1, a: [2, 1] } };

  it('is the same however the credential is ordered', () => {
    const other = { nested: { a: [2, 1], b: 1 }, clientSecret: 'planted-secret', clientId: 'id' };
    expect(cacheKey(other, 'https://t')).toBe(cacheKey(credential, 'https://t'));
  });

  it.each([
    ['another secret', { ...credential, clientSecret: 'other' }, 'https://t'],
    ['another order in a list', { ...credential, nested: { b: 1, a: [1, 2] } }, 'https://t'],
    ['another endpoint', credential, 'https://u'],
  ])('is another one for %s', (_what, given, endpoint) => {
    expect(cacheKey(given, endpoint)).not.toBe(cacheKey(credential, 'https://t'));
  });

  it('holds nothing of the secret', () => {
    expect(cacheKey(credential, 'https://t')).toMatch(/^[\w-]{43}$/);
  });
});
