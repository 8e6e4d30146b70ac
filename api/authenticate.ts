import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { Identity } from '../registry/index.ts';
import type { Principal } from './principal.ts';
import { hashToken, looksLikeToken } from './token.ts';

/** Whose JWTs are believed. Access tokens only (RFC 9068), signed with a public key that the issuer publishes. */
export interface OidcOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are; `<issuer>/.well-known/jwks.json` by default. */
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

export function createAuthenticator(
  options: AuthenticationOptions,
): (request: Request) => Promise<Identified> {
  const { oidc } = options;
  const keys =
    oidc &&
    createRemoteJWKSet(new URL(oidc.jwksUrl ?? `${oidc.issuer.replace(/\/$/, '')}/.well-known/jwks.json`));
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
    return `${oidc.issuer}#${String(payload.sub)}`;
  } catch {
    // Which check failed is of use to an attacker alone.
    return null;
  }
}
