import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { Failure } from '../../contract/index.ts';
import { misconfigured } from '../define-vendor.ts';
import { refusalToFailure, toFailure } from '../errors/to-failure.ts';
import { parseJson, type ErrorWords } from '../errors/vendor-error.ts';
import type { Reach } from '../vendor.ts';
import { asCount, asObject, asText, invalidAnswer } from '../wire/wire.ts';
import { cacheKey } from './last-used.ts';
import { postForm } from './post-form.ts';
import { createTokenCache, type IssuedToken } from './token-cache.ts';

/** What of a downloaded key file signs for its account. */
export interface GoogleAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string | undefined;
}

const scope = 'https://www.googleapis.com/auth/cloud-platform';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** The longest life that Google gives an assertion and its token. */
const lifeS = 3_600;

const tokens = createTokenCache();

/** An access token of a service account, and the way to say that it was refused. */
export interface GoogleToken {
  readonly value: string;
  forget(): void;
}

/**
 * Asks Google's token endpoint in the name of a service account (RFC 7523, developers.google.com/identity/protocols/oauth2/
 * service-account), or takes the token at hand. Throws `Failure`; none of them says that the prompt has left.
 */
export async function googleToken(
  account: GoogleAccount,
  { fetch, wellKnown }: Pick<Reach, 'fetch' | 'wellKnown'>,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const endpoint = wellKnown.googleToken;
  const key = cacheKey(account, endpoint);
  const value = await tokens.get(key, signal, (given) => requestToken(account, endpoint, fetch, given));
  return { value, forget: () => tokens.forget(key, value) };
}

async function requestToken(
  account: GoogleAccount,
  endpoint: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<IssuedToken<string>> {
  const askedAtMs = Date.now();
  const assertion = assertionOf(account, endpoint, askedAtMs);
  try {
    const response = await postForm(fetch, endpoint, { grant_type: grantType, assertion }, signal);
    if (!response.ok) throw await refusalToFailure(response, tokenWords, null);
    const answer = asObject(parseJson(await response.text()));
    const secret = asText(answer?.['access_token']);
    if (!/^[\x21-\x7e]+$/.test(secret)) throw invalidAnswer('There is no token in the answer.');
    return { secret, expiresAtMs: askedAtMs + (asCount(answer?.['expires_in']) ?? 0) * 1000 };
  } catch (thrown) {
    const { type, message, hints } = toFailure(thrown);
    throw new Failure(type, `Google gave no access token. ${message}`, { ...hints, sent: 'no' });
  }
}

function assertionOf(account: GoogleAccount, audience: string, nowMs: number): string {
  const nowS = Math.floor(nowMs / 1000);
  const { client_email: issuer, private_key_id: keyId } = account;
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
  const claims = { iss: issuer, scope, aud: audience, iat: nowS, exp: nowS + lifeS };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), readKey(account.private_key)).toString('base64url')}`;
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch (unreadable) {
    // It quotes nothing, but says nothing to an admin either.
    void unreadable;
  }
  throw misconfigured(
    "The provider's credential.serviceAccount.private_key is no RSA key in PEM. Download a new key file from Google and set it unchanged.",
  );
}

/** RFC 6749, section 5.2. Google says `invalid_grant` for a key or account that is gone, and for a clock that is wrong. */
const tokenWords: ErrorWords = {
  codes: [],
  codesAlone: [],
  prose: [[/invalid_grant|_client/, 'model.unauthorized']],
  mode: /(?!)/,
  // There is no model at this address that could be missing.
  statuses: { 404: 'model.misconfigured' },
};
