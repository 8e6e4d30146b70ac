import { Failure } from '../../contract/index.ts';
import { entraWords } from '../errors/entra-words.ts';
import { toFailure } from '../errors/to-failure.ts';
import { parseJson } from '../errors/vendor-error.ts';
import { exchange } from '../exchange.ts';
import { createAzureClient } from '../guard/azure-client.ts';
import { loadSdk } from '../load-sdk.ts';
import type { Reach } from '../vendor.ts';
import { asObject, asText } from '../wire/wire.ts';
import { cacheKey } from './last-used.ts';
import { createTokenCache, type IssuedToken } from './token-cache.ts';
import { userAgent } from '../user-agent.ts';

/** An application of an Entra tenant, and what its token is to be good for. */
interface EntraClient {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
}

/**
 * MSAL knows this one without asking anybody (for others it would first fetch a description). Requests go to the
 * operator's `entraAuthority` all the same.
 */
const knownAuthority = 'https://login.microsoftonline.com';

const tokens = createTokenCache();

/** `fetch` that carries a token of the client's. A token that is answered with 401 is not used again. */
export function fetchWithEntraToken(reach: Reach, client: EntraClient): typeof globalThis.fetch {
  const url = `${reach.wellKnown.entraAuthority}/${client.tenantId}/oauth2/v2.0/token`;
  const key = cacheKey(client, url);
  return async (input, init = {}) => {
    const token = await tokens.get(key, init.signal ?? reach.signal, (signal) =>
      requestToken({ reach, client, url, signal }),
    );
    const headers = { ...Object.fromEntries(new Headers(init.headers)), authorization: `Bearer ${token}` };
    const response = await reach.fetch(input, { ...init, headers });
    if (response.status === 401) tokens.forget(key, token);
    return response;
  };
}

interface TokenRequest {
  readonly reach: Reach;
  readonly client: EntraClient;
  readonly url: string;
  readonly signal: AbortSignal;
}

async function requestToken({ reach, client, url, signal }: TokenRequest): Promise<IssuedToken<string>> {
  const { ClientSecretCredential } = await loadSdk('@azure/identity', () => import('@azure/identity'));
  const parts = {
    reach: reach.fetch,
    // What the token endpoint says is no sign of the model.
    watch: { signal, answered: () => {}, progressed: () => {}, completed: () => 0 },
    words: entraWords,
    mode: null,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': userAgent,
    },
  };
  try {
    const response = await exchange(parts, (fetch) =>
      new ClientSecretCredential(client.tenantId, client.clientId, client.clientSecret, {
        authorityHost: knownAuthority,
        disableInstanceDiscovery: true,
        retryOptions: { maxRetries: 0 },
        httpClient: createAzureClient(fetch, url),
      }).getToken(client.scope),
    );
    return readToken(await response.text());
  } catch (thrown) {
    throw withoutToken(toFailure(thrown));
  }
}

/** Reads what the token endpoint answered. Throws `model.server-error` where there is no token in it. */
export function readToken(text: string): IssuedToken<string> {
  const answer = asObject(parseJson(text));
  const secret = asText(answer?.['access_token']);
  const lifeS = Number(answer?.['expires_in']);
  if (!/^[\x21-\x7e]+$/.test(secret) || !(lifeS > 0)) {
    throw new Failure('model.server-error', 'What it sent is no token.');
  }
  return { secret, expiresAtMs: Date.now() + lifeS * 1000 };
}

/** The model was not asked, so nothing can have been billed. */
function withoutToken({ type, message, hints }: Failure): Failure {
  const remedy =
    type === 'model.unauthorized'
      ? 'Check tenantId, clientId and clientSecret, and whether the secret has expired.'
      : message;
  return new Failure(type, `Microsoft Entra issued no token. ${remedy}`, { ...hints, sent: 'no' });
}
