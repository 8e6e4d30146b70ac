import { randomUUID } from 'node:crypto';
import type { KnownAccounts } from '../accounts.ts';
import type { TokenEndpoint, TokenReply } from './serve-token.ts';

const path = /^entra\/([^/]+)\/oauth2\/v2\.0\/token$/;
const lifeS = 3_599;

/**
 * Microsoft Entra's token endpoint for client credentials: RFC 6749 section 4.4, and
 * learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
 */
export const entra: TokenEndpoint = {
  match: (asked) => path.test(asked),
  serve({ path: asked, body }, accounts) {
    const refused = refusalOf(
      path.exec(asked)?.[1] ?? '',
      new URLSearchParams(body.toString('utf8')),
      accounts,
    );
    if (refused !== null) return refused;
    const token = { token_type: 'Bearer', expires_in: lifeS, ext_expires_in: lifeS };
    return reply(200, { ...token, access_token: accounts.issueToken() });
  },
};

function refusalOf(
  tenant: string,
  form: URLSearchParams,
  { entra: known }: KnownAccounts,
): TokenReply | null {
  const tenantId = decodeURIComponent(tenant);
  if (tenantId !== known.tenantId) {
    return problem(400, 'invalid_request', 90_002, `No tenant ${tenantId} in the sandbox.`);
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return problem(
      400,
      'unsupported_grant_type',
      70_003,
      'The sandbox issues tokens for client credentials.',
    );
  }
  const clientId = form.get('client_id') ?? '';
  if (clientId !== known.clientId) {
    return problem(
      400,
      'unauthorized_client',
      700_016,
      `No application ${clientId} in the sandbox's tenant.`,
    );
  }
  if (form.get('client_secret') !== known.clientSecret) {
    return problem(401, 'invalid_client', 7_000_215, `Not the secret of the application ${clientId}.`);
  }
  if (form.get('scope')?.endsWith('/.default') !== true) {
    return problem(400, 'invalid_scope', 1_002_012, 'The scope of client credentials ends in /.default.');
  }
  return null;
}

/** As Entra says it: the number stands in the list, and at the head of the description. */
function problem(status: number, error: string, number: number, said: string): TokenReply {
  const [trace, correlation] = [randomUUID(), randomUUID()];
  const timestamp = new Date().toISOString().replace('T', ' ').replace(/\..*/, 'Z');
  return reply(status, {
    error,
    error_description: `AADSTS${number}: ${said} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [number],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  });
}

function reply(status: number, body: object): TokenReply {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}
