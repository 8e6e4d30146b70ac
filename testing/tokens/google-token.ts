import { verify } from 'node:crypto';
import type { KnownAccounts } from '../accounts.ts';
import { asRecord } from '../wire/wire.ts';
import type { TokenAsk, TokenEndpoint, TokenReply } from './serve-token.ts';

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const scope = 'https://www.googleapis.com/auth/cloud-platform';
/** What Google's own libraries always write, wherever they send it. */
const publicAudience = 'https://oauth2.googleapis.com/token';
const lifeS = 3_600;
const skewS = 60;

/**
 * Google's token endpoint for service accounts: developers.google.com/identity/protocols/oauth2/service-account. It takes
 * what the account of this start signed, for this endpoint or the public one, and refuses in Google's words.
 */
export const googleTokens: TokenEndpoint = {
  match: (path) => path === 'google',
  serve(ask, accounts) {
    const form = new URLSearchParams(ask.body.toString('utf8'));
    if (form.get('grant_type') !== grantType) {
      return refusal('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type') ?? ''}`);
    }
    const fault = faultOf(form.get('assertion') ?? '', ask, accounts);
    if (fault !== null) return refusal('invalid_grant', fault);
    const token = { access_token: accounts.issueToken(), expires_in: lifeS - 1, token_type: 'Bearer' };
    return { status: 200, type: 'application/json', body: JSON.stringify(token) };
  },
};

function refusal(error: string, description: string): TokenReply {
  const body = JSON.stringify({ error, error_description: description });
  return { status: 400, type: 'application/json', body };
}

/** Null where everything holds. */
function faultOf(
  assertion: string,
  { request }: TokenAsk,
  { google, publicKey }: KnownAccounts,
): string | null {
  const [header = '', claims = '', signature = '', ...more] = assertion.split('.');
  if (signature === '' || more.length > 0) return 'Bad Request';
  const { iss, aud, exp, iat, scope: asked } = parsePart(claims);
  if (iss !== google.client_email) return 'Invalid grant: account not found';
  const signed = Buffer.from(`${header}.${claims}`);
  const holds = verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'));
  if (parsePart(header)['alg'] !== 'RS256' || !holds) return 'Invalid JWT Signature.';
  if (aud !== publicAudience && aud !== `http://${request.headers.host}/__tokens/google`) {
    return 'Invalid JWT: Failed audience check.';
  }
  const nowS = Date.now() / 1000;
  if (
    typeof exp !== 'number' ||
    typeof iat !== 'number' ||
    exp < nowS ||
    iat > nowS + skewS ||
    exp - iat > lifeS
  ) {
    return 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.';
  }
  return typeof asked === 'string' && asked.split(' ').includes(scope) ? null : 'Invalid OAuth scope.';
}

function parsePart(part: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
  } catch {
    return {};
  }
}
