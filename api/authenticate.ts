import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { Failure } from '../contract/index.ts';
import type { Identity } from '../registry/index.ts';
import type { Principal } from './principal.ts';
import { Problem } from './problem.ts';
import { hashToken, looksLikeToken } from './token.ts';

/** Whose JWTs are believed. Access tokens only (RFC 9068), signed with a public key that the issuer publishes. */
export interface OidcOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are; `<issuer>/.well-known/jwks.json` by default. https, or http on this machine. */
  readonly jwksUrl?: string;
  /** The `typ` of its access tokens: `at+jwt` by default; some issuers send `JWT`. */
  readonly type?: string;
}

export interface AuthenticationOptions {
  /** The host's own sessions: asked first. Null passes the request on to tokens and JWTs. */
  readonly authenticate?: (request: Request) => Promise<Principal | null> | Principal | null;
  readonly oidc?: OidcOptions;
}

/** Who a request says it is: verified by us, or to be looked up in the registry. Null: nobody. */
export type Identified = { readonly principal: Principal } | { readonly identity: Identity } | null;

/**
 * Asks the host's hook, then takes a service token, then a JWT. Throws `model.misconfigured` for keys that anybody on
 * the way could replace. The function it makes throws `unavailable` where the issuer's keys cannot be had: that is nobody's fault who asks.
 */
export function createAuthenticator(
  options: AuthenticationOptions,
): (request: Request) => Promise<Identified> {
  const { oidc } = options;
  const keys = oidc && createKeyFinder(oidc);
  return async (request) => {
    const principal = (await options.authenticate?.(request)) ?? null;
    if (principal !== null) return { principal };
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (bearer === undefined) return null;
    if (looksLikeToken(bearer)) {
      const tokenHash = hashToken(bearer);
      return tokenHash === null ? null : { identity: { tokenHash } };
    }
    if (oidc === undefined || keys === undefined) return null;
    const subject = await verifySubject(bearer, oidc, keys);
    return subject === null ? null : { identity: { subject } };
  };
}

/** `issuer#sub` of a valid access token. Asymmetric algorithms only: with others, whoever can verify could also sign. */
async function verifySubject(
  token: string,
  oidc: OidcOptions,
  keys: JWTVerifyGetKey,
): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: oidc.issuer,
      audience: oidc.audience,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      typ: oidc.type ?? 'at+jwt',
      requiredClaims: ['sub', 'exp', 'iat'],
      clockTolerance: 30,
    });
    return isPlain(payload.sub) ? `${oidc.issuer}#${payload.sub}` : null;
  } catch (error) {
    if (error instanceof Problem) throw error;
    // Which check failed is of use to an attacker alone.
    return null;
  }
}

/** A subject as a binding can name it. */
function isPlain(sub: string | undefined): sub is string {
  return sub !== undefined && /^\P{Cc}{1,400}$/u.test(sub);
}

/** Every answer comes within 2 s, also when the issuer is silent. */
const keysTimeoutMs = 1_500;

/**
 * The issuer's keys, kept for 10 minutes. A key that is not among them is looked for again, but at most every 30 s, so that
 * tokens with invented keys cannot make us a flood for the issuer.
 */
function createKeyFinder({ issuer, jwksUrl }: OidcOptions): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(
    readKeysUrl(jwksUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`),
    {
      timeoutDuration: keysTimeoutMs,
    },
  );
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      throw new Problem('unavailable', 'The issuer of this token does not say its keys. Try again.', {
        headers: { 'retry-after': '5' },
      });
    }
  };
}

function readKeysUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLocal = url !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return url;
  throw new Failure(
    'model.misconfigured',
    'oidc.jwksUrl must be an https URL: whoever can change the keys on their way can be anybody.',
  );
}
